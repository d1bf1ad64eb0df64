package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func spainPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "spain-physical-addresses", Name: "Spain physical addresses",
		Group: dlp.Contact, Countries: []string{"es"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Calle|C/|Avenida|Avda\.|Plaza|Paseo|Ronda|Carrer) [^\n,\d]{2,40},? ?(?:n[º°o]\.? ?)?\d{1,4}(?:[A-Za-z]|/\d{1,4}|,? \d{1,2}[º°ª][^\n,]{0,6})?(?:, ?|\n| )\d{5} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`Calle Mayor 12, 28013 Madrid`,
		},
		Negatives: []string{
			`28013 Madrid`,
		},
	}
}
