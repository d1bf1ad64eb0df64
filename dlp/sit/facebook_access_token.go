package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func facebookAccessToken() dlp.Type {
	return dlp.Type{
		ID: "facebook-access-token", Name: "Facebook Access Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `EAA[MC][A-Za-z0-9]{100,250}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"EAAC8yG8jSevapfGtdkzA3hZsW2Rx4J8fVxXGoIexRLlotetnGIcIsxr35sDad2STKLaiI3cgbFVc" + "t7aUJDaGdj520CqeoGzXfW8ul0rE9RsY2Z27ZIZtyZdujRjESpyFW38K0ojBuoP0vCAlhzcoRAPTO",
		},
		Negatives: []string{
			"EAAC",
		},
	}
}
