package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func israelNationalIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "israel-national-identification-number", Name: "Israel National Identification Number", GUID: "e05881f5-1db1-418c-89aa-a3ac5c5277ee",
		Group: dlp.Identity, Countries: []string{"il"},
		About:  "Nine digits with Luhn check digit.",
		Source: "רשות האוכלוסין, ספרת ביקורת",
		Patterns: []dlp.Pattern{
			{Expr: `\d{7,8}-?\d`, Check: israelNationalIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"תעודת זהות", "מספר זהות", "ת.ז", `ת"ז`, "מספר תעודת זהות", "מספר זיהוי", "זהות", "israel identity", "teudat zehut", "identity number",
			"id number", "هوية", "رقم الهوية", "israeli id",
		},
		Positives: []string{
			`ת.ז 3933742-3`,
			"תעודת זהות 039337423",
		},
		Negatives: []string{
			"039337423", "ת.ז 039337424",
		},
	}
}

func israelNationalIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return !checksum.Same(d) && checksum.Luhn(d)
}
