package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func switzerlandPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "switzerland-physical-addresses", Name: "Switzerland physical addresses",
		Group: dlp.Contact, Countries: []string{"ch"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:CH-)?[1-9]\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "anschrift", "wohnhaft", "straße", "strasse", "str", "postanschrift", "lieferadresse", "rechnungsadresse", "plz", "wohnort",
		},
		Proximity: 100,
		Positives: []string{
			`Adresse: Bahnhofstrasse 1, 8001 Zürich`,
		},
		Negatives: []string{
			`Bahnhofstrasse 1, 8001 Zürich`, `Adresse 12`,
		},
	}
}
