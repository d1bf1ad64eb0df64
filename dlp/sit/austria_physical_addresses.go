package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func austriaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "austria-physical-addresses", Name: "Austria physical addresses",
		Group: dlp.Contact, Countries: []string{"at"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:A-)?[1-9]\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "anschrift", "wohnhaft", "straße", "strasse", "str", "postanschrift", "lieferadresse", "rechnungsadresse", "plz", "wohnort",
		},
		Proximity: 100,
		Positives: []string{
			`Adresse: Mariahilferstraße 12, 1060 Wien`,
		},
		Negatives: []string{
			`Mariahilferstraße 12, 1060 Wien`, `Adresse 12`,
		},
	}
}
