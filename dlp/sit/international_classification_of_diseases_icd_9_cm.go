package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func internationalClassificationOfDiseasesIcd9Cm() dlp.Type {
	return dlp.Type{
		ID: "international-classification-of-diseases-icd-9-cm", Name: "International classification of diseases (ICD-9-CM)", GUID: "fa3f9c74-ee07-4c52-b5f2-085d6b2c0ec4",
		Group: dlp.Health, Countries: []string{"us"},
		About:  "A code of the classification near its name or words for a diagnosis.",
		Source: "CDC/NCHS, ICD-9-CM",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}\.\d{1,2}|V\d{2}\.\d{1,2}|E\d{3}\.\d`, Near: dlp.Medium},
			{Expr: `V\d{2}|E\d{3}`, Near: dlp.Low, Keywords: icdKeywords},
		},
		Keywords: []string{
			"icd-9", "icd9", "icd-9-cm", "icd 9", "diagnosis", "diagnosis code", "dx code", "primary diagnosis", "secondary diagnosis",
			"principal diagnosis", "diagnostic code", "diagnose", "diagnoseschlüssel", "diagnóstico", "diagnosi",
		},
		Proximity: 60,
		Positives: []string{
			`ICD-9 250.00`,
			`Dx code V58.67`,
		},
		Negatives: []string{
			`250.00`,
		},
	}
}
