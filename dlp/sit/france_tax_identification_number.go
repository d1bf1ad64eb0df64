package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func franceTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "france-tax-identification-number", Name: "France Tax Identification Number", GUID: "ed59e77e-171d-442c-9ec1-88e2ebcb5b0a",
		Group: dlp.Tax, Countries: []string{"fr"},
		About:  "13 digits that begin with 0 to 3; the last three are the remainder of the others by 511.",
		Source: "European Commission, TIN algorithms: FR",
		Patterns: []dlp.Pattern{
			{Expr: `[0-3]\d(?: ?\d{2} ?\d{3} ?\d{3} ?\d{3})`, Check: franceTaxIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"numéro fiscal", "numéro d'identification fiscale", "référence fiscale", "spi", "impôts", "impôt", "tin", "tax id", "tax number", "fiscal",
		},
		Positives: []string{
			"numéro fiscal 30 23 217 600 053",
		},
		Negatives: []string{
			"30 23 217 600 053", "numéro fiscal 30 23 217 600 054",
		},
	}
}

func franceTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && !checksum.Same(d) && checksum.Number(d[:10])%511 == checksum.Number(d[10:])
}
