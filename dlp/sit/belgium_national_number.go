package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func belgiumNationalNumber() dlp.Type {
	return dlp.Type{
		ID: "belgium-national-number", Name: "Belgium National Number", GUID: "fb969c9e-0fd1-4b18-8091-a2123c5e6a54",
		Group: dlp.Identity, Countries: []string{"be"},
		About:  "Eleven digits: date of birth, serial number, 97 minus the remainder by 97.",
		Source: "Royal decree of 3 April 1984, national register",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}[.]?\d{2}[.]?\d{2}[- ]?\d{3}[. ]?\d{2}`, Check: belgiumNationalNumberCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"rijksregisternummer", "insz", "niss", "rrn", "nn", "numéro national", "numéro de registre national", "national number", "national register",
			"nationaal nummer", "numéro d'identité", "identiteitskaart", "carte d'identité", "identifikationsnummer", "bnn", "nationalnummer", "belasting",
			"tin",
		},
		Positives: []string{
			"Rijksregisternummer 88.02.29-999.90",
		},
		Negatives: []string{
			`88.15.01-999.51`,
			"88.02.29-999.91",
		},
	}
}

func belgiumNationalNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	month := int(d[2])*10 + int(d[3])
	if month >= 40 {
		month -= 40 // foreigners, sex known when the number was given
	} else if month >= 20 {
		month -= 20 // foreigners, sex not known
	}
	if len(d) != 11 || checksum.Same(d) || month > 12 || month > 0 && checksum.Number(d[4:6]) > 0 && !checksum.Date(2000, month, checksum.Number(d[4:6])) {
		return false
	}
	return (97-checksum.Number(d[:9])%97 == checksum.Number(d[9:]) || 97-(2000000000+checksum.Number(d[:9]))%97 == checksum.Number(d[9:]))
}
