package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func czechRepublicPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "czech-republic-physical-addresses", Name: "Czech Republic physical addresses",
		Group: dlp.Contact, Countries: []string{"cz"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3} ?\d{2} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"adresa", "adres", "ulica", "ul", "ulice", "bydliště", "bydlisko", "zamieszkały", "naslov", "prebivališče", "prebivalište", "trvalé bydliště",
			"miestas", "gatvė", "adresas", "iela", "adrese", "tänav", "aadress",
		},
		Proximity: 100,
		Positives: []string{
			`Adresa: Národní 12, 110 00 Praha`,
		},
		Negatives: []string{
			`Národní 12, 110 00 Praha`,
		},
	}
}
