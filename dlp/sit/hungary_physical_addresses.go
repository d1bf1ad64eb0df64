package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func hungaryPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "hungary-physical-addresses", Name: "Hungary physical addresses",
		Group: dlp.Contact, Countries: []string{"hu"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `(?:H-)?[1-9]\d{3} [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2},? [A-ZÄÖÜÅÆØÉČĎŇŘŠŤŽŁŚŻÓÁÍ][a-zäöüßåæøéèêëáíóúýčďěňřšťůžłńśźżąęįųūėőűăâîșțğışç'-]{2,24}(?:[ -][A-ZÄÖÜÅÆØÉČŠŽŁŚŻÓÁÍa-z][a-zäöüßåæøéèáíóúčěřšťůžłńśźżąęőűăâîșțğışç-]{1,20}){0,2} (?:utca|út|tér|körút|köz|sétány|u\.) \d{1,4}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`1051 Budapest, Nádor utca 12`,
		},
		Negatives: []string{
			`1051 Budapest`,
		},
	}
}
