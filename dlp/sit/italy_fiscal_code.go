package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func italyFiscalCode() dlp.Type {
	return dlp.Type{
		ID: "italy-fiscal-code", Name: "Italy Fiscal Code", GUID: "4cd79172-8da9-4ff5-9188-98b1e7e2eca6",
		Group: dlp.Tax, Countries: []string{"it"},
		About:  "16 characters: consonants of the name, date and place of birth, check letter.",
		Source: "D.M. 23 dicembre 1976",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]`, Check: italyFiscalCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"codice fiscale", "cod. fiscale", "c.f", "cf", "codicefiscale", "tessera sanitaria", "fiscal code", "tax code", "partita iva",
		},
		Positives: []string{
			"codice fiscale RCCMNL83S18D969H", "RCCMNL83S18D969H",
		},
		Negatives: []string{
			"RCCMNL83S18D969I", "RCCMNL83S18D96H",
		},
	}
}

func italyFiscalCheck(m []byte) bool {
	odd := [36]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	sum := 0
	for i, x := range v[:15] {
		switch {
		case i%2 == 0:
			sum += odd[x]
		case x > 9:
			sum += int(x) - 10
		default:
			sum += int(x)
		}
	}
	return m[15] == byte('A'+sum%26)
}
