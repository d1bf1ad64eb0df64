package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func usNationalProviderIdentifier() dlp.Type {
	return dlp.Type{
		ID: "us-national-provider-identifier", Name: "U.S. National Provider Identifier (NPI)",
		Group: dlp.Health, Countries: []string{"us"},
		About:  "Ten digits that begin with 1 or 2, with Luhn check digit over 80840 and the number.",
		Source: "45 CFR 162.406; CMS, NPI check digit",
		Patterns: []dlp.Pattern{
			{Expr: `[12]\d{9}`, Check: usNationalProviderIdentifierCheck, Near: dlp.High},
		},
		Keywords: []string{
			"npi", "national provider", "provider identifier", "npi number", "provider number", "prescriber",
		},
		Positives: []string{
			"NPI: 1234567893",
		},
		Negatives: []string{
			"1234567893", "NPI 1234567894",
		},
	}
}

func usNationalProviderIdentifierCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && checksum.Luhn(append([]byte{8, 0, 8, 4, 0}, d...))
}
