package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func newZealandSocialWelfareNumber() dlp.Type {
	return dlp.Type{
		ID: "new-zealand-social-welfare-number", Name: "New Zealand social welfare number", GUID: "20f3c48d-4ac1-4cd2-86bd-34ecc1826e9d",
		Group: dlp.Social, Countries: []string{"nz"},
		About:  "Nine digits near words for social welfare.",
		Source: "Ministry of Social Development",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}[ -]?\d{3}[ -]?\d{3}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"social welfare", "social welfare #", "social welfare number", "social welfare no.", "swn", "work and income", "winz", "benefit number", "msd",
		},
		Proximity: 100,
		Positives: []string{
			`Social Welfare No. 123-456-789`,
		},
		Negatives: []string{
			`123-456-789`,
		},
	}
}
