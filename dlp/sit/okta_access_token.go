package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func oktaAccessToken() dlp.Type {
	return dlp.Type{
		ID: "okta-access-token", Name: "Okta Access Token",
		Group: dlp.Credential,
		About: "42 characters that begin with 00, near words for the service.",
		Patterns: []dlp.Pattern{
			{Expr: `00[A-Za-z0-9_-]{40}`, Check: random4, Near: dlp.High},
		},
		Keywords: []string{
			"okta", "ssws", "okta token", "okta api",
		},
		Proximity: 100,
		Positives: []string{
			"okta token 00ae7HjpHxavnV1" + "hjR68sIuwZdam3CQIc65a5vgJ88",
		},
		Negatives: []string{
			"00ae7HjpHxavnV1hjR68s" + "IuwZdam3CQIc65a5vgJ88",
		},
	}
}
