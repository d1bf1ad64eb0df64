package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func polandPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "poland-physical-addresses", Name: "Poland physical addresses",
		Group: dlp.Contact, Countries: []string{"pl"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:ul\.|al\.|pl\.|os\.|ulica|aleja) [^\n,\d]{2,40},? ?(?:n[º°o]\.? ?)?\d{1,4}(?:[A-Za-z]|/\d{1,4}|,? \d{1,2}[º°ª][^\n,]{0,6})?(?:, ?|\n| )\d{2}-\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`ul. Marszałkowska 12, 00-590 Warszawa`,
		},
		Negatives: []string{
			`00-590 Warszawa`,
		},
	}
}
