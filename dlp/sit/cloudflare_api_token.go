package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func cloudflareApiToken() dlp.Type {
	return dlp.Type{
		ID: "cloudflare-api-token", Name: "Cloudflare API Token",
		Group: dlp.Credential,
		About: "40 characters, or 37 hexadecimal ones, near words for the service.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9_-]{40}|[a-f0-9]{37}`, Check: random35, Near: dlp.Medium},
		},
		Keywords: []string{
			"cloudflare", "cf api token", "cf api key", "cloudflare api",
		},
		Proximity: 60,
		Positives: []string{
			"cloudflare api token pQN6aNsJX" + "TMPYPHpvzndCxa7GnJixXXDG7nYGhbl",
		},
		Negatives: []string{
			"pQN6aNsJXTMPYPHpvznd" + "Cxa7GnJixXXDG7nYGhbl",
		},
	}
}
