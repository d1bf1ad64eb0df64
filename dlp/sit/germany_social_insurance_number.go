package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func germanySocialInsuranceNumber() dlp.Type {
	return dlp.Type{
		ID: "germany-social-insurance-number", Name: "Germany Social Insurance Number",
		Group: dlp.Social, Countries: []string{"de"},
		About:  "Twelve characters: area, date of birth, initial, serial number, check digit.",
		Source: "Verordnung über die Versicherungsnummer (VKVV)",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2} ?\d{6} ?[A-Z] ?\d{2} ?\d`, Check: germanySvnrCheck, Near: dlp.High},
		},
		Keywords: []string{
			"sozialversicherungsnummer", "rentenversicherungsnummer", "versicherungsnummer", "rvnr", "svnr", "sv-nummer", "sozialversicherungsausweis",
			"renten", "social insurance",
		},
		Positives: []string{
			"Rentenversicherungsnummer 15 070649 C 103",
		},
		Negatives: []string{
			"15 070649 C 103", "SVNR 15 070649 C 104",
		},
	}
}

// germanySvnrCheck weighs the digits, the letter written as its two-digit place in the alphabet, and adds cross sums.
func germanySvnrCheck(m []byte) bool {
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	if len(v) != 12 || v[8] < 10 {
		return false
	}
	letter := v[8] - 9
	d := [12]byte{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], letter / 10, letter % 10, v[9], v[10]}
	sum := 0
	for i, x := range d {
		p := int(x) * [12]int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1}[i]
		sum += p/10 + p%10
	}
	return sum%10 == int(v[11])
}
