package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func croatiaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "croatia-physical-addresses", Name: "Croatia physical addresses",
		Group: dlp.Contact, Countries: []string{"hr"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:HR-)?\d{5} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresa", "adres", "ulica", "ul", "ulice", "bydliště", "bydlisko", "zamieszkały", "naslov", "prebivališče", "prebivalište", "trvalé bydliště",
			"miestas", "gatvė", "adresas", "iela", "adrese", "tänav", "aadress",
		},
		Proximity: 100,
		Positives: []string{
			`Adresa: Ilica 12, 10000 Zagreb`,
		},
		Negatives: []string{
			`Ilica 12, 10000 Zagreb`,
		},
	}
}
