package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func greecePhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "greece-physical-addresses", Name: "Greece physical addresses",
		Group: dlp.Contact, Countries: []string{"gr"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3} ?\d{2} [Α-ΩΆ-Ώ][α-ωά-ώ]{2,20}`, Near: dlp.Medium},
		},
		Keywords:  []string{"διεύθυνση", "οδός", "οδού", "λεωφόρος", "τκ", "τ.κ", "πλατεία", "address"},
		Proximity: 60,
		Positives: []string{
			`Οδός Ερμού 12, 105 63 Αθήνα`,
		},
		Negatives: []string{
			`105 63 Αθήνα`,
		},
	}
}
