package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func postmanApiKey() dlp.Type {
	return dlp.Type{
		ID: "postman-api-key", Name: "Postman API Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `PMAK-[a-f0-9]{24}-[a-f0-9]{34}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"PMAK-3bb659342b6c666e1b4c5799-09" + "e5aba6c73aa3b08e0aa6497a642b720e",
		},
		Negatives: []string{
			"PMAK-",
		},
	}
}
