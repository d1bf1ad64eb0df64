package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func swedenDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "sweden-drivers-license-number", Name: "Sweden Driver's License Number", GUID: "70088720-90dd-47f5-805e-5525f3567391",
		Group: dlp.Driving, Countries: []string{"se"},
		About:  "The shape of a driving licence number of Sweden near words for a driving licence in the languages of the country, or in English with its name.",
		Source: "Commission Decision (EU) 2016/1945: SE",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}-\d{4}`, Check: swedenLicence, Near: dlp.Medium},
		},
		Keywords: []string{
			"körkort", "körkortsnummer", "körkort nr", "förarbevis", "sweden driving licence", "sweden driver's license", "driving licence of sweden",
			"driving licence se",
		},
		Proximity: 100,
		Positives: []string{
			"körkort 880320-0016",
		},
		Negatives: []string{
			"880320-0016", "invoice 880320-0016",
		},
	}
}

// swedenLicence: the number of a licence is its holder's personal number.
func swedenLicence(m []byte) bool {
	var b [32]byte
	return swedenNumber(checksum.Digits(b[:0], m))
}
