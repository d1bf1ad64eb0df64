package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func internationalClassificationOfDiseasesIcd10Cm() dlp.Type {
	return dlp.Type{
		ID: "international-classification-of-diseases-icd-10-cm", Name: "International classification of diseases (ICD-10-CM)", GUID: "3356946c-6bb7-449b-b253-6ffa419c0ce7",
		Group: dlp.Health, Countries: []string{"us"},
		About:  "A code of the classification near its name or words for a diagnosis.",
		Source: "CDC/NCHS, ICD-10-CM",
		Patterns: []dlp.Pattern{
			{Expr: `[A-TV-Z]\d[0-9AB]\.[0-9A-TV-Z]{1,4}`, Near: dlp.Medium},
			{Expr: `[A-TV-Z]\d[0-9AB]`, Near: dlp.Low, Keywords: icdKeywords},
		},
		Keywords: []string{
			"icd-10", "icd10", "icd-10-cm", "icd 10", "icd", "diagnosis", "diagnosis code", "dx code", "primary diagnosis", "secondary diagnosis",
			"principal diagnosis", "diagnostic code", "diagnose", "diagnoseschlüssel", "diagnóstico", "diagnosi",
		},
		Proximity: 80,
		Positives: []string{
			`ICD-10 E11.9`,
			`Diagnosis code: S72.001A`,
		},
		Negatives: []string{
			`E11.9`,
			`ICD-10 E1`,
		},
	}
}

// icdKeywords support codes that are short enough to be anything.
var icdKeywords = []string{"icd-10", "icd10", "icd-10-cm", "icd 10", "icd-9", "icd9", "icd-9-cm", "icd 9", "diagnosis code", "dx code", "diagnostic code"}
