package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func shopifyAccessToken() dlp.Type {
	return dlp.Type{
		ID: "shopify-access-token", Name: "Shopify Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"shpat_a37ac6cf03b61" + "539912fa6e7d443cd35",
		},
		Negatives: []string{
			"shpat_",
		},
	}
}
