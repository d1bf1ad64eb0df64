package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func liechtensteinPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "liechtenstein-physical-addresses", Name: "Liechtenstein physical addresses",
		Group: dlp.Contact, Countries: []string{"li"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:FL-)?94[89]\d [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "anschrift", "wohnhaft", "straße", "strasse", "str", "postanschrift", "lieferadresse", "rechnungsadresse", "plz", "wohnort",
		},
		Proximity: 100,
		Positives: []string{
			`Adresse: Landstrasse 5, 9490 Vaduz`,
		},
		Negatives: []string{
			`Landstrasse 5, 9490 Vaduz`, `Adresse 12`,
		},
	}
}
