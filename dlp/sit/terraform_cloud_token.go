package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func terraformCloudToken() dlp.Type {
	return dlp.Type{
		ID: "terraform-cloud-token", Name: "HashiCorp Terraform Cloud Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"H2Z5GYCaJfZsMj.atlasv1.hNRSvStScd3EWtnsf5juLa" + "pAEalBxTBuscRPEJOmYfUHsv5VS4gfaOO2yeHbFoTbv5C",
		},
		Negatives: []string{
			"x.atlasv1.y",
		},
	}
}
