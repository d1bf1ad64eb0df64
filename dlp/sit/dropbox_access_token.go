package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func dropboxAccessToken() dlp.Type {
	return dlp.Type{
		ID: "dropbox-access-token", Name: "Dropbox Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `sl\.[A-Za-z0-9_=-]{130,160}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"sl.TTlDVjv7CI8zC1ojB61h4eoRZ4eOIPwIvTfxYbeNR1OXX96f5EvyCma5iItCdMX3St" + "RJgnz2BRVGEJJ6R5pXCa7lap0VAO4OIm0eL3eH9Z6SCceVl4X8LH64kL7iDlI8eZADIbg",
		},
		Negatives: []string{
			"sl.x",
		},
	}
}
