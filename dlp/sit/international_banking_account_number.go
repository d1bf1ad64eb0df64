package sit

import (
	"strings"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func internationalBankingAccountNumber() dlp.Type {
	return dlp.Type{
		ID: "international-banking-account-number", Name: "International Banking Account Number (IBAN)", GUID: "e7dc4711-11b7-4cb0-b88b-2c394a771f0e",
		Group:  dlp.Financial,
		About:  "Country, check digits and account, written together or in groups of four; the country's length and ISO 7064 MOD 97-10.",
		Source: "ISO 13616-1; SWIFT IBAN registry",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?`, Check: ibanCheck, Alone: dlp.High},
			{Expr: `[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?`, Check: ibanCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Positives: []string{
			`gb82west12345698765432`,
			"GB29 NWBK 6016 1331 9268 19", "IBAN DE89370400440532013000", "FR14 2004 1010 0505 0001 3M02 606", "NO93 8601 1117 947",
		},
		Negatives: []string{
			`gb82west12345698765433`,
			"GB29 NWBK 6016 1331 9268 18", "DE89 3704 0044 0532 0130", "XX29 NWBK 6016 1331 9268 19",
		},
	}
}

// ibanCheck has the registry's lengths by country.
func ibanCheck(m []byte) bool {
	length := 0
	switch strings.ToUpper(string(m[:2])) {
	case "NO":
		length = 15
	case "BE":
		length = 16
	case "DK", "FI", "FK", "FO", "GL", "NL", "SD":
		length = 18
	case "MK", "SI":
		length = 19
	case "AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK":
		length = 20
	case "CH", "HR", "LI", "LV":
		length = 21
	case "BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA":
		length = 22
	case "AE", "GI", "IL", "IQ", "OM", "SO", "TL":
		length = 23
	case "AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG":
		length = 24
	case "LY", "PT", "ST":
		length = 25
	case "IS", "TR":
		length = 26
	case "BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM":
		length = 27
	case "AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV":
		length = 28
	case "BR", "EG", "PS", "QA", "UA":
		length = 29
	case "JO", "KW", "MU", "YE":
		length = 30
	case "MT", "SC":
		length = 31
	case "LC":
		length = 32
	case "RU":
		length = 33
	}
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	if len(v) != length {
		return false
	}
	var r [48]byte
	rotated := append(append(r[:0], v[4:]...), v[:4]...)
	return checksum.Mod97(rotated) == 1
}
