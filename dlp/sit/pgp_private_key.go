package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func pgpPrivateKey() dlp.Type {
	return dlp.Type{
		ID: "pgp-private-key", Name: "PGP Private Key",
		Group:  dlp.Credential,
		About:  "The first line of an armoured secret key.",
		Source: "RFC 9580",
		Patterns: []dlp.Pattern{
			{Expr: `-----BEGIN PGP PRIVATE KEY BLOCK-----`, Alone: dlp.High},
		},
		Positives: []string{
			"-----BEGIN PGP PRI" + "VATE KEY BLOCK-----",
		},
		Negatives: []string{
			"-----BEGIN PGP PUB" + "LIC KEY BLOCK-----",
		},
	}
}
