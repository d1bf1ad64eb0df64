package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func germanyTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "germany-tax-identification-number", Name: "Germany Tax Identification Number", GUID: "43316a89-9880-40cf-b980-04bc7eefcec5",
		Group: dlp.Tax, Countries: []string{"de"},
		About:  "Eleven digits, one of the first ten digits two or three times, check digit by ISO 7064 MOD 11,10.",
		Source: "BZSt, Steuerliche Identifikationsnummer",
		Patterns: []dlp.Pattern{
			{Expr: `[1-9]\d ?\d{3} ?\d{3} ?\d{3}`, Check: germanyTaxCheck, Near: dlp.High},
		},
		Keywords: []string{
			"steuernummer", "steuerid", "steuer-id", "steueridentifikationsnummer", "steuer identifikationsnummer", "identifikationsnummer", "idnr",
			"steuerliche identifikationsnummer", "tin", "tax id", "tax identification", "zinn",
		},
		Positives: []string{
			"Steuer-ID 36 574 261 809",
		},
		Negatives: []string{
			"36 574 261 809", "Steuer-ID 36 574 261 808", "Steuer-ID 12345678903",
		},
	}
}

func germanyTaxCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if len(d) != 11 || !checksum.Mod11x10(d) {
		return false
	}
	var count [10]int
	repeated := 0
	for _, v := range d[:10] {
		if count[v]++; count[v] == 2 {
			repeated++
		}
		if count[v] > 3 {
			return false
		}
	}
	return repeated == 1
}
