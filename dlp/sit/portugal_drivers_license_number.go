package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func portugalDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "portugal-drivers-license-number", Name: "Portugal Driver's License Number", GUID: "977f1e5a-2c33-4bcc-b516-95bb275cff23",
		Group: dlp.Driving, Countries: []string{"pt"},
		About:  "The shape of a driving licence number of Portugal near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: PT",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{1,2}-?\d{5,7} ?\d`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"carta de condução", "licença de condução", "número da carta de condução", "carteira de habilitação", "portugal driving licence",
			"portugal driver's license", "driving licence of portugal", "driving licence pt",
		},
		Proximity: 100,
		Positives: []string{
			"carta de condução P-1234567 8",
		},
		Negatives: []string{
			"P-1234567 8", "invoice P-1234567 8",
		},
	}
}
