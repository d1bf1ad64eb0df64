package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func netherlandsPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "netherlands-physical-addresses", Name: "Netherlands physical addresses",
		Group: dlp.Contact, Countries: []string{"nl"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `[1-9]\d{3} ?[A-Z]{2} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "adress", "gate", "vej", "gatan", "väg", "postadresse", "postadress", "bopæl", "bostad", "osoite", "katu", "kotiosoite", "heimilisfang",
			"heimili", "straat", "adres",
		},
		Proximity: 100,
		Positives: []string{
			`Adres: Keizersgracht 12, 1015 CJ Amsterdam`,
		},
		Negatives: []string{
			`Keizersgracht 12, 1015 CJ Amsterdam`, `Adres 12`,
		},
	}
}
