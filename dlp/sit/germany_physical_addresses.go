package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func germanyPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "germany-physical-addresses", Name: "Germany physical addresses",
		Group: dlp.Contact, Countries: []string{"de"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:D-)?\d{5} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "anschrift", "wohnhaft", "straße", "strasse", "str", "postanschrift", "lieferadresse", "rechnungsadresse", "plz", "wohnort",
		},
		Proximity: 100,
		Positives: []string{
			`Adresse: Hauptstraße 12, 10115 Berlin`,
		},
		Negatives: []string{
			`Hauptstraße 12, 10115 Berlin`, `Adresse 12`,
		},
	}
}
