package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func sloveniaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "slovenia-physical-addresses", Name: "Slovenia physical addresses",
		Group: dlp.Contact, Countries: []string{"si"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:SI-)?[1-9]\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresa", "adres", "ulica", "ul", "ulice", "bydliště", "bydlisko", "zamieszkały", "naslov", "prebivališče", "prebivalište", "trvalé bydliště",
			"miestas", "gatvė", "adresas", "iela", "adrese", "tänav", "aadress",
		},
		Proximity: 100,
		Positives: []string{
			`Naslov: Slovenska cesta 12, 1000 Ljubljana`,
		},
		Negatives: []string{
			`Slovenska cesta 12, 1000 Ljubljana`,
		},
	}
}
