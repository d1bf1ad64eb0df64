package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func easypostApiToken() dlp.Type {
	return dlp.Type{
		ID: "easypost-api-token", Name: "EasyPost API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `EZ[AT]K[A-Za-z0-9]{54}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"EZAKsQy2hBcfhCElPWL9ioIlZvCM9" + "ZWko1X7bNV6lA2ifeQr4p36YUUwFc",
		},
		Negatives: []string{
			"EZAK",
		},
	}
}
