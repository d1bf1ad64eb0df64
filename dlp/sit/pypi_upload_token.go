package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func pypiUploadToken() dlp.Type {
	return dlp.Type{
		ID: "pypi-upload-token", Name: "PyPI Upload Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,250}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"pypi-AgEIcHlwaS5vcmcYyWoDA1XPT8qzEIVFeM0rmMRL" + "F49ukPtUcw8g0NlZOqbmm2H6VXba4z9QYROoIhsXYmiUy",
		},
		Negatives: []string{
			"pypi-Ag",
		},
	}
}
