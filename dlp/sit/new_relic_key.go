package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func newRelicKey() dlp.Type {
	return dlp.Type{
		ID: "new-relic-key", Name: "New Relic Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9-]{32}|NRJS-[a-f0-9]{19}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"NRAK-O256BUTKGHK" + "DPB55VQA3S3VLPTE",
		},
		Negatives: []string{
			"NRAK-",
		},
	}
}
