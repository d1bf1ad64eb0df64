package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func airtableAccessToken() dlp.Type {
	return dlp.Type{
		ID: "airtable-access-token", Name: "Airtable Personal Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `pat[A-Za-z0-9]{14}\.[a-f0-9]{64}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"patG5FfmEtR9uwyqs.e987c0526361f1aa2fef4ab" + "4def5cbdca4fee2013fc2ce59c64994da397886ea",
		},
		Negatives: []string{
			"patx.y",
		},
	}
}
