package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func luxemburgPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "luxemburg-physical-addresses", Name: "Luxemburg physical addresses",
		Group: dlp.Contact, Countries: []string{"lu"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|route|cours|square) [^\n,\d]{3,40}(?:, ?|\n| )L-?\d{4} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`12, rue du Fort, L-1234 Luxembourg`,
		},
		Negatives: []string{
			`L-1234 Luxembourg`,
		},
	}
}
