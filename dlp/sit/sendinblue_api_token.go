package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func sendinblueApiToken() dlp.Type {
	return dlp.Type{
		ID: "sendinblue-api-token", Name: "Brevo (Sendinblue) API Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `xkeysib-[a-f0-9]{64}-[a-zA-Z0-9]{16}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"xkeysib-a9f4731be6c1fbb034b7471f7ee7c449306b" + "08aff2781d747580741d917d5845-aUTe8BeOeebLmx0R",
		},
		Negatives: []string{
			"xkeysib-",
		},
	}
}
