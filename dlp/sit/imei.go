package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func imei() dlp.Type {
	return dlp.Type{
		ID: "imei", Name: "Mobile Equipment Identity (IMEI)",
		Group:  dlp.Contact,
		About:  "15 digits with Luhn check digit near a keyword.",
		Source: "3GPP TS 23.003, annex B",
		Patterns: []dlp.Pattern{
			{Expr: `\d{15}|\d{2}[ -]\d{6}[ -]\d{6}[ -]\d`, Check: luhn, Near: dlp.High},
		},
		Keywords: []string{
			"imei", "device id", "handset", "equipment identity", "mobile equipment",
		},
		Positives: []string{
			"IMEI 490154203237518", "imei: 49-015420-323751-8",
		},
		Negatives: []string{
			"490154203237518", "IMEI 490154203237517",
		},
	}
}
