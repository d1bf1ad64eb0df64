package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func brazilPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "brazil-physical-addresses", Name: "Brazil physical addresses",
		Group: dlp.Contact, Countries: []string{"br"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Rua|Avenida|Av\.|Alameda|Travessa|Praça|Rodovia) [^\n,\d]{2,40}, ?(?:n[º°o]\.? ?)?\d{1,5}[^\n]{2,60}\d{5}-\d{3}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`Avenida Paulista, 1578 - Bela Vista, São Paulo - SP, 01310-200`,
		},
		Negatives: []string{
			`Avenida Paulista, 1578`,
		},
	}
}
