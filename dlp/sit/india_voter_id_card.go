package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func indiaVoterIdCard() dlp.Type {
	return dlp.Type{
		ID: "india-voter-id-card", Name: "India Voter Id Card", GUID: "646d643f-5228-4408-acc8-f2e81a6df897",
		Group: dlp.Identity, Countries: []string{"in"},
		About:  "Three letters and seven digits near words for the card.",
		Source: "Election Commission of India, EPIC",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{3}\d{7}`, Check: luhn, Near: dlp.Medium},
		},
		Keywords: []string{
			"voter", "voter id", "voter card", "voter id card", "epic", "electoral photo identity", "electoral", "election commission", "मतदाता",
			"मतदाता पहचान पत्र",
		},
		Positives: []string{
			"Voter id WKH1186253",
		},
		Negatives: []string{
			`Voter id WKH1186254`,
			"WKH1186253",
		},
	}
}
