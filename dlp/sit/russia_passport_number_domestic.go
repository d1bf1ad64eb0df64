package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func russiaPassportNumberDomestic() dlp.Type {
	return dlp.Type{
		ID: "russia-passport-number-domestic", Name: "Russian Passport Number Domestic", GUID: "76ec2f5d-cedb-48e1-8070-1998794af445",
		Group: dlp.Passport, Countries: []string{"ru"},
		About: "Four and six digits near words for a passport.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{2} ?\d{2} ?(?:№ ?)?\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"паспорт", "паспорта", "паспорт серия", "серия и номер", "номер паспорта", "паспортные данные", "russian passport", "passport number",
			"паспорт no", "паспорт id",
		},
		Proximity: 100,
		Positives: []string{
			"паспорт 4509 123456",
		},
		Negatives: []string{
			"4509 123456",
		},
	}
}
