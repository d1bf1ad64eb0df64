package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func taiwanResidentCertificateNumber() dlp.Type {
	return dlp.Type{
		ID: "taiwan-resident-certificate-number", Name: "Taiwan Resident Certificate (ARC/TARC)", GUID: "48269fec-05ea-46ea-b326-f5623a58c6e9",
		Group: dlp.Identity, Countries: []string{"tw"},
		About:  "A letter, a letter A to D or the digit 8 or 9, eight digits, with check digit.",
		Source: "內政部移民署, 統一證號",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z][A-D89]\d{8}`, Check: taiwanCheck, Near: dlp.High},
		},
		Keywords: []string{
			"居留證", "外僑居留證", "台灣地區居留證", "居留證號", "統一證號", "resident certificate", "resident cert", "resident cert.", "identification card",
			"alien resident certificate", "arc", "tarc", "taiwan area resident certificate",
		},
		Positives: []string{
			"居留證 AB00501503",
		},
		Negatives: []string{
			"AB00501503", "居留證 AB00501504",
		},
	}
}
