package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func abaRouting() dlp.Type {
	return dlp.Type{
		ID: "aba-routing", Name: "ABA Routing Number", GUID: "cb353f78-2b72-4c3c-8827-92ebe4f69fdf",
		Group: dlp.Financial, Countries: []string{"us"},
		About:  "Nine digits that begin with a Federal Reserve district, with check digit (weights 3, 7, 1).",
		Source: "American Bankers Association, routing number policy",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4}-?\d{4}-?\d`, Check: abaRoutingCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"aba", "aba number", "aba #", "aba routing", "routing number", "routing #", "routing no", "routing transit number", "rtn", "bank routing",
			"bank routing number", "american bank association", "abaroutingnumber", "routingnumber", "wire routing", "ach routing",
		},
		Positives: []string{
			"ABA routing number 021000021", "Routing #: 0110-0001-5",
		},
		Negatives: []string{
			"021000021", "routing number 021000022", "routing number 991000021",
		},
	}
}

func abaRoutingCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && abaRoutingRange(checksum.Number(d[:2])) && !checksum.Same(d) && checksum.Sum(d, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
}

func abaRoutingRange(p int) bool {
	return p >= 1 && p <= 12 || p >= 21 && p <= 32 || p >= 61 && p <= 72 || p == 80
}
