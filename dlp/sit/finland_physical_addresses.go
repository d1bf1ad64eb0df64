package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func finlandPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "finland-physical-addresses", Name: "Finland physical addresses",
		Group: dlp.Contact, Countries: []string{"fi"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:FI-)?\d{5} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "adress", "gate", "vej", "gatan", "väg", "postadresse", "postadress", "bopæl", "bostad", "osoite", "katu", "kotiosoite", "heimilisfang",
			"heimili", "straat", "adres",
		},
		Proximity: 100,
		Positives: []string{
			`Osoite: Mannerheimintie 5, 00100 Helsinki`,
		},
		Negatives: []string{
			`Mannerheimintie 5, 00100 Helsinki`, `Osoite 12`,
		},
	}
}
