package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func leiCode() dlp.Type {
	return dlp.Type{
		ID: "lei-code", Name: "Legal Entity Identifier (LEI)",
		Group:  dlp.Financial,
		About:  "20 characters with check digits by ISO 7064 MOD 97-10.",
		Source: "ISO 17442-1",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z0-9]{18}\d{2}`, Check: leiCodeCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"lei", "legal entity identifier", "legal entity", "gleif", "entity identifier",
		},
		Positives: []string{
			"LEI 5493001KJTIIGC8Y1R12",
		},
		Negatives: []string{
			"5493001KJTIIGC8Y1R13", "LEI 00000000000000000097",
		},
	}
}

func leiCodeCheck(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	return len(v) == 20 && checksum.Mod97(v) == 1 && random(m, 2.5)
}
