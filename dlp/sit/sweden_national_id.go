package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func swedenNationalId() dlp.Type {
	return dlp.Type{
		ID: "sweden-national-id", Name: "Sweden National ID", GUID: "f69aaf40-79be-4fac-8f05-fd1910d272c8",
		Group: dlp.Identity, Countries: []string{"se"},
		About:  "10 or 12 digits: date of birth (day plus 60 for coordination numbers), serial number, Luhn check digit.",
		Source: "Skatteverket, SKV 704",
		Patterns: []dlp.Pattern{
			{Expr: `(?:(?:18|19|20)\d{2}|\d{2})\d{4}[-+ ]?\d{4}`, Check: swedenNationalIdCheck, Near: dlp.High},
		},
		Keywords: []string{
			"personnummer", "pers.nr", "persnr", "personnr", "samordningsnummer", "id-nummer", "identifikationsnummer", "personid", "person id",
			"national id", "swedish id", "skatteidentifikation", "id no",
		},
		Positives: []string{
			"personnummer 880320-0016", "personnr 19880320-0016",
		},
		Negatives: []string{
			"880320-0016", "personnummer 880320-0017", "personnummer 881320-0018",
		},
	}
}

func swedenNationalIdCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 10 || len(d) == 12) && swedenNumber(d[len(d)-10:])
}

func swedenNumber(d []byte) bool {
	day := checksum.Number(d[4:6])
	if day > 60 {
		day -= 60
	}
	return checksum.Date(2000+checksum.Number(d[:2]), checksum.Number(d[2:4]), day) && checksum.Luhn(d)
}
