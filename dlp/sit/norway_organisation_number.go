package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func norwayOrganisationNumber() dlp.Type {
	return dlp.Type{
		ID: "norway-organisation-number", Name: "Norway Organisation Number",
		Group: dlp.Tax, Countries: []string{"no"},
		About:  "Nine digits with check digit (weights 3, 2, 7, 6, 5, 4, 3, 2 modulo 11).",
		Source: "Brønnøysundregistrene",
		Patterns: []dlp.Pattern{
			{Expr: `[89]\d{2} ?\d{3} ?\d{3}`, Check: norwayOrganisationNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"organisasjonsnummer", "org.nr", "orgnr", "org nr", "mva", "foretaksregisteret", "brreg",
		},
		Positives: []string{
			"orgnr 988 077 917",
		},
		Negatives: []string{
			"988 077 917", "orgnr 988 077 918",
		},
	}
}

func norwayOrganisationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 9 && !checksum.Same(d) && (11-checksum.Sum(d, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == int(d[8])
}
