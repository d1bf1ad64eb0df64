package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func romaniaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "romania-physical-addresses", Name: "Romania physical addresses",
		Group: dlp.Contact, Countries: []string{"ro"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Str\.|Strada|Bd\.|Bulevardul|Calea|Aleea|Șos\.) [^\n,\d]{2,40},? ?(?:n[º°o]\.? ?)?\d{1,4}(?:[A-Za-z]|/\d{1,4}|,? \d{1,2}[º°ª][^\n,]{0,6})?(?:, ?|\n| )\d{6} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`Strada Lipscani 12, 030031 București`,
		},
		Negatives: []string{
			`030031 București`,
		},
	}
}
