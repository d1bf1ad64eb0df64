package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func hashicorpVaultToken() dlp.Type {
	return dlp.Type{
		ID: "hashicorp-vault-token", Name: "HashiCorp Vault Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `hv[sbr]\.[A-Za-z0-9_-]{24,250}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"hvs.n5ojplnDXOqfnyssBaYM1Zr1bfrtxs0OBNsijFMc2Um" + "OE1DouW7C4RtJe5C4s0cvC4ujGgJ5MQ8SW7zL6RnJMKc3IZ",
		},
		Negatives: []string{
			"hvs.x",
		},
	}
}
