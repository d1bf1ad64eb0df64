package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func cyprusTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "cyprus-tax-identification-number", Name: "Cyprus Tax Identification Number", GUID: "40e64bd9-55f3-4a09-9bd6-1db18dced9dd",
		Group: dlp.Tax, Countries: []string{"cy"},
		About:  "Eight digits and a check letter.",
		Source: "European Commission, TIN algorithms: CY",
		Patterns: []dlp.Pattern{
			{Expr: `(?:CY[ -]?)?\d{8}[A-Z]`, Check: cyprusTaxCheck, Near: dlp.High},
		},
		Keywords: []string{
			"αφτ", "αριθμός φορολογικού μητρώου", "φορολογική ταυτότητα", "φπα", "tic", "tin", "tax identification", "tax id", "vergi kimlik", "vat",
		},
		Positives: []string{
			"TIC CY-10259033P",
		},
		Negatives: []string{
			"10259033P", "TIC 10259033Z",
		},
	}
}

func cyprusTaxCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if len(d) != 8 || d[0] == 1 && d[1] == 2 {
		return false
	}
	sum := 0
	for i, v := range d {
		if i%2 == 0 {
			sum += [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}[v]
		} else {
			sum += int(v)
		}
	}
	return m[len(m)-1] == byte('A'+sum%26)
}
