package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func luxemburgNationalIdentificationNumberNaturalPersons() dlp.Type {
	return dlp.Type{
		ID: "luxemburg-national-identification-number-natural-persons", Name: "Luxemburg National Identification Number (Natural persons)", GUID: "aaf661ed-29ec-426d-8bf9-880cad298ebb",
		Group: dlp.Identity, Countries: []string{"lu"},
		About:  "13 digits: date of birth, serial number, Luhn and Verhoeff check digits.",
		Source: "Loi du 19 juin 2013",
		Patterns: []dlp.Pattern{
			{Expr: `(?:18|19|20)\d{11}`, Check: luxemburgNationalIdentificationNumberNaturalPersonsCheck, Near: dlp.High},
		},
		Keywords: []string{
			"matricule", "numéro d'identification", "numéro national", "carte d'identité", "eindeutige id", "identifikationsnummer", "national id",
			"lëtzebuerg", "luxembourg", "sécurité sociale", "personal id",
		},
		Positives: []string{
			"matricule 1893120105732",
		},
		Negatives: []string{
			"1893120105733", "matricule 1893130105732",
		},
	}
}

func luxemburgNationalIdentificationNumberNaturalPersonsCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && checksum.Date(checksum.Number(d[:4]), checksum.Number(d[4:6]), checksum.Number(d[6:8])) && checksum.Luhn(d[:12]) && luxVerhoeff(d)
}

// luxVerhoeff checks the first eleven digits with the last one.
func luxVerhoeff(d []byte) bool {
	var b [12]byte
	return checksum.Verhoeff(append(append(b[:0], d[:11]...), d[12]))
}
