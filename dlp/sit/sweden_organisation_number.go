package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func swedenOrganisationNumber() dlp.Type {
	return dlp.Type{
		ID: "sweden-organisation-number", Name: "Sweden Organisation Number",
		Group: dlp.Tax, Countries: []string{"se"},
		About:  "Ten digits with Luhn check digit, or SE, the number and 01.",
		Source: "Bolagsverket, organisationsnummer",
		Patterns: []dlp.Pattern{
			{Expr: `SE ?\d{10}01|\d{6}-?\d{4}`, Check: swedenOrganisationNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"organisationsnummer", "org.nr", "orgnr", "org nr", "momsnummer", "vat", "momsregistreringsnummer", "bolagsverket",
		},
		Positives: []string{
			"momsnummer SE123456789701", "organisationsnummer 556016-0680",
		},
		Negatives: []string{
			"556016-0680", "orgnr 556016-0681",
		},
	}
}

func swedenOrganisationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 10 || len(d) == 12) && !checksum.Same(d) && d[2] >= 2 && checksum.Luhn(d[:10])
}
