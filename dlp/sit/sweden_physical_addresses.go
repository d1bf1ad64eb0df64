package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func swedenPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "sweden-physical-addresses", Name: "Sweden physical addresses",
		Group: dlp.Contact, Countries: []string{"se"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:S-|SE-)?\d{3} ?\d{2} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresse", "adress", "gate", "vej", "gatan", "väg", "postadresse", "postadress", "bopæl", "bostad", "osoite", "katu", "kotiosoite", "heimilisfang",
			"heimili", "straat", "adres",
		},
		Proximity: 100,
		Positives: []string{
			`Postadress: Drottninggatan 5, 111 51 Stockholm`,
		},
		Negatives: []string{
			`Drottninggatan 5, 111 51 Stockholm`, `Postadress 12`,
		},
	}
}
