package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func ukrainePassportDomestic() dlp.Type {
	return dlp.Type{
		ID: "ukraine-passport-domestic", Name: "Ukraine Passport Domestic", GUID: "1817a540-221f-4459-9202-3bd78b81d803",
		Group: dlp.Passport, Countries: []string{"ua"},
		About: "Nine digits, or two letters and six digits, near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}|[А-ЯІЇЄ]{2} ?\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"паспорт", "паспорта", "паспорт громадянина", "серія", "номер паспорта", "ukraine passport", "passport of ukraine", "паспорт україни",
		},
		Proximity: 100,
		Positives: []string{
			"паспорт громадянина України СН 123456",
		},
		Negatives: []string{
			"123456789",
		},
	}
}
