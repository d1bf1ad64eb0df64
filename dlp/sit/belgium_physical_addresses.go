package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func belgiumPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "belgium-physical-addresses", Name: "Belgium physical addresses",
		Group: dlp.Contact, Countries: []string{"be"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Rue|Avenue|Boulevard|Place|Chaussée) [^\n,\d]{3,40} \d{1,4}(?:, ?|\n| )(?:B-)?[1-9]\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`Rue de la Loi 16, 1000 Bruxelles`,
		},
		Negatives: []string{
			`16, 1000 Bruxelles`,
		},
	}
}
