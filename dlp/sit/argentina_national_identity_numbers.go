package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func argentinaNationalIdentityNumbers() dlp.Type {
	return dlp.Type{
		ID: "argentina-national-identity-numbers", Name: "Argentina National Identity (DNI) Number", GUID: "eefbb00e-8282-433c-8620-8f1da3bffdb2",
		Group: dlp.Identity, Countries: []string{"ar"},
		About: "Eight digits, with dots or without, near a keyword.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2}\.\d{3}\.\d{3}|\d{8}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"dni", "d.n.i", "documento nacional de identidad", "identity", "identification national identity card", "documento", "libreta cívica",
			"libreta de enrolamiento", "número de documento", "argentina national identity",
		},
		Proximity: 100,
		Positives: []string{
			"DNI 20.123.456",
		},
		Negatives: []string{
			"20.123.456",
		},
	}
}
