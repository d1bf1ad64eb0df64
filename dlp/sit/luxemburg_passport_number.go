package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func luxemburgPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "luxemburg-passport-number", Name: "Luxemburg Passport Number", GUID: "81d5c027-bed9-4421-91a0-3b2e55b3eb85",
		Group: dlp.Passport, Countries: []string{"lu"},
		About:  "The shape of a passport number of Luxembourg near words for a passport in the languages of the country, or in English with its name.",
		Source: "Council of the EU, PRADO: LU",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z0-9]{2}[A-Z0-9]{6}`, Check: mixed, Near: dlp.Medium},
		},
		Keywords: []string{
			"passeport", "reisepass", "passnummer", "ausweisnummer", "numéro de passeport", "pass", "luxembourg passport", "passport of luxembourg",
			"passport lu", "lu passport",
		},
		Proximity: 100,
		Positives: []string{
			"passeport JCU9J4T2", "passport of luxembourg: JCU9J4T2",
		},
		Negatives: []string{
			"JCU9J4T2", "invoice JCU9J4T2",
		},
	}
}
