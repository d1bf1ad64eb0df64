package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func cyprusPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "cyprus-physical-addresses", Name: "Cyprus physical addresses",
		Group: dlp.Contact, Countries: []string{"cy"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Οδός|Λεωφόρος) [^\n,\d]{2,40},? ?(?:n[º°o]\.? ?)?\d{1,4}(?:[A-Za-z]|/\d{1,4}|,? \d{1,2}[º°ª][^\n,]{0,6})?(?:, ?|\n| )\d{4} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`Οδός Λήδρας 12, 1011 Nicosia`,
		},
		Negatives: []string{
			`1011 Nicosia`,
		},
	}
}
