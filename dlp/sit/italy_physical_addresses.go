package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func italyPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "italy-physical-addresses", Name: "Italy physical addresses",
		Group: dlp.Contact, Countries: []string{"it"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Via|Viale|Piazza|Corso|Largo|Vicolo) [^\n,\d]{2,40},? ?(?:n[º°o]\.? ?)?\d{1,4}(?:[A-Za-z]|/\d{1,4}|,? \d{1,2}[º°ª][^\n,]{0,6})?(?:, ?|\n| )(?:I-)?\d{5} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`Via Roma 12, 00184 Roma`,
		},
		Negatives: []string{
			`00184 Roma`,
		},
	}
}
