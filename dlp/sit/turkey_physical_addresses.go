package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func turkeyPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "turkey-physical-addresses", Name: "Turkey physical addresses",
		Group: dlp.Contact, Countries: []string{"tr"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:Cad(?:desi|\.)|Sok(?:ak|\.)|Bulvarı|Mah(?:allesi|\.)),? (?:No ?[:.]? ?)?\d{1,4}[^\n\d]{0,30}(?:, ?|\n| )\d{5} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`İstiklal Caddesi No: 12, 34430 Beyoğlu`,
		},
		Negatives: []string{
			`34430 Beyoğlu`,
		},
	}
}
