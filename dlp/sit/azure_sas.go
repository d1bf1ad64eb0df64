package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureSas() dlp.Type {
	return dlp.Type{
		ID: "azure-sas", Name: "Azure SAS", GUID: "4d235014-e564-47f4-a6fb-6ebb4a826834",
		Group:  dlp.Credential,
		About:  "The signature of a shared access signature in a URL.",
		Source: "Azure Storage, service SAS",
		Patterns: []dlp.Pattern{
			{Expr: `sig=[A-Za-z0-9%]{43,63}(?:%3D|%3d|=)`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"https://contoso.blob.core.windows.net/c/f?sv=2022-11-02" + "&sp=r&sig=leLViD158olgFjTQbVm1dNbqvA6Y001ufmjVxTz3Tme%3D",
		},
		Negatives: []string{
			"sig=abc%3D",
		},
	}
}
