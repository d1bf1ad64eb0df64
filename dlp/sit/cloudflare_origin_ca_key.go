package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func cloudflareOriginCaKey() dlp.Type {
	return dlp.Type{
		ID: "cloudflare-origin-ca-key", Name: "Cloudflare Origin CA Key",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `v1\.0-[a-f0-9]{24}-[a-f0-9]{146}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"v1.0-a62e738dd9410a2aebf4a51d-b26578855994a9c7ac5ea2a61c91f5c3bb2414d8e16f02a259213755e2" + "3efac53a12fd3a601f4399321c1fb20a8f71a2ee5cc74fc605abb9b5bf1e790c6816e41d8385f8c5cdbe11eb",
		},
		Negatives: []string{
			"v1.0-1",
		},
	}
}
