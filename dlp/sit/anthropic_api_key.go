package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func anthropicApiKey() dlp.Type {
	return dlp.Type{
		ID: "anthropic-api-key", Name: "Anthropic API Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `sk-ant-(?:api|admin)\d{2}-[A-Za-z0-9_-]{80,110}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"sk-ant-api03-wFDg8K6oRRahStoBwXquuQAcRo6pv2j08hteC26Jr" + "lBCdvgMLGyOT611xGmd8R8o5iqMh6F8QquO3r63yqnktHGvWBIhQ24",
		},
		Negatives: []string{
			"sk-ant-api03-x",
		},
	}
}
