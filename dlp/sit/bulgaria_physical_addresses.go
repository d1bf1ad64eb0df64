package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func bulgariaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "bulgaria-physical-addresses", Name: "Bulgaria physical addresses",
		Group: dlp.Contact, Countries: []string{"bg"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4} [А-Я][а-я]{2,20},? (?:ул\.|бул\.|пл\.) ?[^\n,\d]{2,40} ?№? ?\d{1,4}|(?:ул\.|бул\.|пл\.) ?[^\n,\d]{2,40} ?№? ?\d{1,4}(?:, ?|\n| )\d{4} [А-Я][а-я]{2,20}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`бул. Витоша 12, 1000 София`,
		},
		Negatives: []string{
			`1000 София`,
		},
	}
}
