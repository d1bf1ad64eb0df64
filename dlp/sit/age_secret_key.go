package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func ageSecretKey() dlp.Type {
	return dlp.Type{
		ID: "age-secret-key", Name: "age Secret Key",
		Group:  dlp.Credential,
		About:  "The fixed prefix and length of the service's tokens.",
		Source: "age, file format v1",
		Patterns: []dlp.Pattern{
			{Expr: `AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"AGE-SECRET-KEY-180JUKTD94NAK9XHK9ALRV" + "S6KUP0W0L5FU9X39YUYHQ776H8TG8EL40NJU0",
		},
		Negatives: []string{
			"AGE-SECRET-KEY-1",
		},
	}
}
