package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func ukNationalHealthServiceNumber() dlp.Type {
	return dlp.Type{
		ID: "uk-national-health-service-number", Name: "U.K. National Health Service Number", GUID: "3192014e-2a16-44e9-aa69-4b20375c9a78",
		Group: dlp.Health, Countries: []string{"gb"},
		About:  "Ten digits with check digit (weights 10 to 2 modulo 11).",
		Source: "NHS Data Dictionary, NHS number",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}[ -]?\d{3}[ -]?\d{4}`, Check: ukNationalHealthServiceNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"nhs", "nhs number", "nhs no", "national health service", "patient id", "patient number", "patient identification", "patient no", "gp practice",
			"health services authority", "health authority",
		},
		Positives: []string{
			"NHS number 943 476 5919",
		},
		Negatives: []string{
			"943 476 5919", "NHS 943 476 5918",
		},
	}
}

func ukNationalHealthServiceNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && (11-checksum.Sum(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11 == int(d[9])
}
