package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func franceNationalIdCard() dlp.Type {
	return dlp.Type{
		ID: "france-national-id-card", Name: "France National ID card (CNI)", GUID: "f741ac74-1bc0-4665-b69b-f0c7f927c0c4",
		Group: dlp.Identity, Countries: []string{"fr"},
		About: "Twelve digits, or nine characters on cards since 2021, near words for the card.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{12}|[A-Z0-9]{2}[A-Z0-9]{5}\d[A-Z0-9]`, Check: mixed2, Near: dlp.Medium},
		},
		Keywords: []string{
			"carte nationale d'identité", "carte d'identité", "cni", "numéro de carte nationale", "cni#", "national id card", "identité",
		},
		Proximity: 60,
		Positives: []string{
			"carte nationale d'identité 880692310285",
		},
		Negatives: []string{
			"880692310285",
		},
	}
}

// mixed2 asks for digits alone, or for both letters and digits.
func mixed2(m []byte) bool {
	return len(m) == 12 && notSame(m) || len(m) != 12 && mixed(m)
}
