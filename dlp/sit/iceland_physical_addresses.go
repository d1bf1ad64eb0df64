package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func icelandPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "iceland-physical-addresses", Name: "Iceland physical addresses",
		Group: dlp.Contact, Countries: []string{"is"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "adress", "gate", "vej", "gatan", "väg", "postadresse", "postadress", "bopæl", "bostad", "osoite", "katu", "kotiosoite", "heimilisfang",
			"heimili", "straat", "adres",
		},
		Proximity: 100,
		Positives: []string{
			`Heimilisfang: Laugavegur 5, 101 Reykjavík`,
		},
		Negatives: []string{
			`Laugavegur 5, 101 Reykjavík`, `Heimilisfang 12`,
		},
	}
}
