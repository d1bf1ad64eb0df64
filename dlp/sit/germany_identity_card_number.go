package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func germanyIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "germany-identity-card-number", Name: "Germany Identity Card Number", GUID: "e577372f-c42e-47a0-9d85-bebed1c237d4",
		Group: dlp.Identity, Countries: []string{"de"},
		About:  "Nine characters, first a letter of the card's alphabet, and with its check digit where one is written.",
		Source: "Personalausweisverordnung; ICAO Doc 9303-3",
		Patterns: []dlp.Pattern{
			{Expr: `[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d`, Check: icaoCheck, Alone: dlp.Low, Near: dlp.High},
			{Expr: `[LMNPRTVWXY][CFGHJKLMNPRTVWXYZ0-9]{8}`, Check: random2, Near: dlp.Medium},
		},
		Keywords: []string{
			"personalausweis", "ausweis", "ausweisnummer", "personalausweisnummer", "identitätskarte", "identifikation", "id-nummer", "identity card",
			"id card", "persönliche-id", "ausweisnr",
		},
		Positives: []string{
			"Personalausweis T220001293", "Ausweisnummer L01X00T47",
		},
		Negatives: []string{
			"L01X00T47", "T220001294",
		},
	}
}

// icaoCheck checks a document number whose last digit is its check digit, as in the machine-readable zone.
func icaoCheck(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	return len(v) == 10 && v[9] < 10 && checksum.Sum(v[:9], 7, 3, 1, 7, 3, 1, 7, 3, 1)%10 == int(v[9])
}

func random2(m []byte) bool { return random(m, 2) }
