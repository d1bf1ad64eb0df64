package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func vehicleIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "vehicle-identification-number", Name: "Vehicle Identification Number (VIN)",
		Group:  dlp.Contact,
		About:  "17 characters without I, O and Q; the check digit at place nine of vehicles for North America.",
		Source: "ISO 3779; 49 CFR 565.15",
		Patterns: []dlp.Pattern{
			{Expr: `[A-HJ-NPR-Z0-9]{17}`, Check: vinCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"vin", "vehicle identification", "chassis", "chassis number", "fahrgestellnummer", "fahrzeug-identifizierungsnummer", "numéro de série",
			"bastidor", "telaio", "chassi", "stelnummer", "nadwozia", "车架号", "車台番号", "vehicle",
		},
		Positives: []string{
			"VIN 1M8GDM9AXKP042788", "11111111111111111 is refused, 1HGCM82633A004352 is not",
		},
		Negatives: []string{
			"1M8GDM9A1KP042788", "VIN 11111111111111111",
		},
	}
}

// vinValues are those of the letters A to Z; I, O and Q don't occur.
var vinValues = [26]int{1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9}

func vinCheck(m []byte) bool {
	sum := 0
	for i, c := range m {
		v := int(c - '0')
		if c >= 'A' {
			v = vinValues[c-'A']
		}
		sum += v * [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}[i]
	}
	check := byte('0' + sum%11)
	if sum%11 == 10 {
		check = 'X'
	}
	return m[8] == check && random(m, 2.5)
}
