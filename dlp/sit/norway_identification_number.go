package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func norwayIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "norway-identification-number", Name: "Norway Identification Number", GUID: "d4c8a798-e9f2-4bd3-9652-500d24080fc3",
		Group: dlp.Identity, Countries: []string{"no"},
		About:  "Eleven digits: date of birth (day plus 40 for D numbers), individual number, two check digits modulo 11.",
		Source: "Skatteetaten, fødselsnummer",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}[ -]?\d{5}`, Check: norwayIdentificationNumberCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"fødselsnummer", "fødselsnr", "personnummer", "personnr", "d-nummer", "fnr", "identifikasjonsnummer", "personal identification number",
			"norwegian id", "id number",
		},
		Positives: []string{
			"fødselsnummer 151086 95088", "15108695088",
		},
		Negatives: []string{
			"151086 95089",
		},
	}
}

func norwayIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && norwayDate(d) && (11-checksum.Sum(d, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11)%11 == int(d[9]) && (11-checksum.Sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == int(d[10])
}

func norwayDate(d []byte) bool {
	day, month := checksum.Number(d[:2]), checksum.Number(d[2:4])
	if day > 40 {
		day -= 40
	}
	if month > 40 { // numbers for tests have 40 or 80 added
		month -= 40
	}
	return checksum.Date(2000+checksum.Number(d[4:6]), month, day)
}
