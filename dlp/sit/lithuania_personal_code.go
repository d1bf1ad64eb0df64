package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func lithuaniaPersonalCode() dlp.Type {
	return dlp.Type{
		ID: "lithuania-personal-code", Name: "Lithuania Personal Code", GUID: "cd6d3786-8ec3-4524-a2cf-1e0095379171",
		Group: dlp.Identity, Countries: []string{"lt"},
		About:  "Eleven digits: sex and century, date of birth, serial number, check digit modulo 11.",
		Source: "Gyventojų registro įstatymas",
		Patterns: []dlp.Pattern{
			{Expr: `[3-6]\d{10}`, Check: balticCheck, Near: dlp.High},
		},
		Keywords: []string{
			"asmens kodas", "asmens tapatybės", "asmens skaitmeninis kodas", "mokesčių mokėtojo", "piliečio", "personal code", "national identification",
			"lithuanian",
		},
		Positives: []string{
			"asmens kodas: 33309240064",
		},
		Negatives: []string{
			"33309240064", "asmens kodas 33309240065",
		},
	}
}
