package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func latviaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "latvia-physical-addresses", Name: "Latvia physical addresses",
		Group: dlp.Contact, Countries: []string{"lv"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `LV-\d{4}`, Near: dlp.Medium},
		},
		Keywords:  []string{"iela", "ielā", "bulvāris", "prospekts", "gatve", "adrese", "dzīvesvieta", "address"},
		Proximity: 60,
		Positives: []string{
			`Brīvības iela 12, Rīga, LV-1010`,
		},
		Negatives: []string{
			`LV-1010`,
		},
	}
}
