package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func denmarkPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "denmark-physical-addresses", Name: "Denmark physical addresses",
		Group: dlp.Contact, Countries: []string{"dk"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:DK-)?\d{4} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "adress", "gate", "vej", "gatan", "väg", "postadresse", "postadress", "bopæl", "bostad", "osoite", "katu", "kotiosoite", "heimilisfang",
			"heimili", "straat", "adres",
		},
		Proximity: 100,
		Positives: []string{
			`Adresse: Vestergade 12, 1456 København`,
		},
		Negatives: []string{
			`Vestergade 12, 1456 København`, `Adresse 12`,
		},
	}
}
