package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureFunctionMasterApiKey() dlp.Type {
	return dlp.Type{
		ID: "azure-function-master-api-key", Name: "Azure Function Master / API Key",
		Group: dlp.Credential,
		About: "A function key in a URL or header.",
		Patterns: []dlp.Pattern{
			{Expr: `(?:code=|x-functions-key: ?)[A-Za-z0-9_/+-]{50,54}={0,2}`, Check: random4, Near: dlp.High},
		},
		Keywords: []string{
			"azurewebsites.net", "functions", "x-functions-key", "azure function", "function key",
		},
		Positives: []string{
			"https://contoso.azurewebsites.net/api/f?code=pBdEG" + "2PebB6vpZRBDhqY1A3NVGR0AU9mR31cmIHs5Yb235Nw63jcwH==",
		},
		Negatives: []string{
			"code=pBdEG2PebB6vpZRBDhqY1A3N" + "VGR0AU9mR31cmIHs5Yb235Nw63jcwH",
		},
	}
}
