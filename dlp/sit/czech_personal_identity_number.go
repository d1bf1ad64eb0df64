package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func czechPersonalIdentityNumber() dlp.Type {
	return dlp.Type{
		ID: "czech-personal-identity-number", Name: "Czech Personal Identity Number", GUID: "60c0725a-4eb6-455b-9dda-05d8a7396497",
		Group: dlp.Identity, Countries: []string{"cz"},
		About:  "Nine or ten digits: date of birth, serial number, divisible by 11.",
		Source: "Zákon č. 133/2000 Sb.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}/?\d{3,4}`, Check: birthNumber, Near: dlp.High},
		},
		Keywords: []string{
			"rodné číslo", "rč", "rodne cislo", "osobní číslo", "číslo pojištěnce", "birth number", "czech personal", "personal identity number", "czech id",
			"osobní identifikační číslo", "dič",
		},
		Positives: []string{
			`rodné číslo 991231123`,
			"rodné číslo 710319/2745",
		},
		Negatives: []string{
			"710319/2745", "rodné číslo 710319/2746",
		},
	}
}

// birthNumber checks a Czech or Slovak birth number: a date with 50 added to the month of women (and 20 when numbers
// run out), and divisibility by 11 where there are ten digits.
func birthNumber(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	month := int(d[2])*10 + int(d[3])
	if month > 50 {
		month -= 50
	}
	if month > 20 {
		month -= 20
	}
	if checksum.Same(d) || !checksum.Date(2000+checksum.Number(d[:2]), month, checksum.Number(d[4:6])) {
		return false
	}
	if len(d) == 9 {
		year := checksum.Number(d[:2]) // nine digits were given up to 1953
		return year <= 53 || year >= 80
	}
	return checksum.Number(d[:9])%11%10 == int(d[9])
}
