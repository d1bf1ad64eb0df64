package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func japanResidenceCardNumber() dlp.Type {
	return dlp.Type{
		ID: "japan-residence-card-number", Name: "Japan Residence Card Number", GUID: "ac36fef2-a289-4e2c-bb48-b02366e89fc0",
		Group: dlp.Identity, Countries: []string{"jp"},
		About: "Two letters, eight digits, two letters near words for the card.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{8}[A-Z]{2}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"在留カード", "在留カード番号", "在留資格", "residence card", "residence card number", "residence card no",
		},
		Proximity: 150,
		Positives: []string{
			"在留カード番号 AB12345678CD",
		},
		Negatives: []string{
			"AB12345678CD",
		},
	}
}
