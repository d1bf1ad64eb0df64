package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func dynatraceApiToken() dlp.Type {
	return dlp.Type{
		ID: "dynatrace-api-token", Name: "Dynatrace API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `dt0[cs]\d{2}\.[A-Z2-7]{24}\.[A-Z2-7]{64}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"dt0c01.DDWXUWWU7752AIMFU6SISHRO.N4SR46QGPBV7GU2O" + "ZHTNYDALSIZ6EXLLKZZGR2VDD562GNU5FEKJCGKVQIGXJ2QI",
		},
		Negatives: []string{
			"dt0c01.x",
		},
	}
}
