package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func francePhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "france-physical-addresses", Name: "France physical addresses",
		Group: dlp.Contact, Countries: []string{"fr"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|route|cours|square) [^\n,\d]{3,40}(?:, ?|\n| )(?:F-)?\d{5} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`12 rue de Rivoli, 75001 Paris`,
		},
		Negatives: []string{
			`12 rue de Rivoli`,
			`75001 Paris`,
		},
	}
}
