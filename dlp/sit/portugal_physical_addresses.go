package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func portugalPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "portugal-physical-addresses", Name: "Portugal physical addresses",
		Group: dlp.Contact, Countries: []string{"pt"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Rua|Avenida|Av\.|Praça|Largo|Travessa|Estrada) [^\n,\d]{2,40},? ?(?:n[º°o]\.? ?)?\d{1,4}(?:[A-Za-z]|/\d{1,4}|,? \d{1,2}[º°ª][^\n,]{0,6})?(?:, ?|\n| )\d{4}-\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`Rua Augusta 12, 1100-053 Lisboa`,
		},
		Negatives: []string{
			`1100-053 Lisboa`,
		},
	}
}
