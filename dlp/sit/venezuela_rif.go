package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func venezuelaRif() dlp.Type {
	return dlp.Type{
		ID: "venezuela-rif", Name: "Venezuela Tax Number (RIF)",
		Group: dlp.Tax, Countries: []string{"ve"},
		About:  "A letter of the kind, eight digits and a check digit modulo 11.",
		Source: "SENIAT, RIF",
		Patterns: []dlp.Pattern{
			{Expr: `[VEJPG]-?\d{8}-?\d`, Check: venezuelaRifCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"rif", "registro de información fiscal", "seniat", "contribuyente", "razón social",
		},
		Positives: []string{
			"RIF V-11470283-4",
		},
		Negatives: []string{
			"RIF V-11470283-5",
		},
	}
}

func venezuelaRifCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && venezuelaRifKind(m[0], d)
}

func venezuelaRifKind(kind byte, d []byte) bool {
	k := map[byte]int{'V': 4, 'E': 8, 'J': 12, 'P': 16, 'G': 20}[kind]
	return "00987654321"[(k+checksum.Sum(d, 3, 2, 7, 6, 5, 4, 3, 2))%11]-'0' == d[8]
}
