package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func rubygemsApiToken() dlp.Type {
	return dlp.Type{
		ID: "rubygems-api-token", Name: "RubyGems API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `rubygems_[a-f0-9]{48}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"rubygems_1f6d3364ccb273c5b06" + "cfd944698e7f22b99dd9a3d457089",
		},
		Negatives: []string{
			"rubygems_",
		},
	}
}
