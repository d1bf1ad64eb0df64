package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func newZealandInlandRevenueNumber() dlp.Type {
	return dlp.Type{
		ID: "new-zealand-inland-revenue-number", Name: "New Zealand Inland Revenue number", GUID: "dd0fe2bc-7bcf-455f-bac1-83b1e3eb25fd",
		Group: dlp.Tax, Countries: []string{"nz"},
		About:  "Eight or nine digits with check digit modulo 11.",
		Source: "Inland Revenue, IRD number validation",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2,3}[ -]?\d{3}[ -]?\d{3}|\d{7}-\d`, Check: newZealandInlandRevenueNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"ird", "ird no", "ird no.", "ird number", "nz ird", "new zealand ird", "inland revenue", "inland revenue number", "tax number",
		},
		Positives: []string{
			"IRD 49-091-850", "IRD number 4909185-0",
		},
		Negatives: []string{
			"49-091-850", "IRD 49-091-851",
		},
	}
}

func newZealandInlandRevenueNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 8 || len(d) == 9) && !checksum.Same(d) && newZealandIrd(d)
}

func newZealandIrd(d []byte) bool {
	n := checksum.Number(d)
	if len(d) == 8 {
		d = append([]byte{0}, d...)
	}
	c := (11 - checksum.Sum(d, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if c == 10 {
		c = (11 - checksum.Sum(d, 7, 4, 3, 2, 5, 2, 7, 6)%11) % 11
	}
	return n >= 10000000 && n <= 150000000 && c == int(d[8])
}
