package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func belgiumValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "belgium-value-added-tax-number", Name: "Belgium Value Added Tax Number", GUID: "85b5b3c3-f2de-4ae8-ac46-fd3cb38bf9ed",
		Group: dlp.Tax, Countries: []string{"be"},
		About:  "BE and ten digits, 97 minus the remainder by 97.",
		Source: "SPF Economie, numéro d'entreprise",
		Patterns: []dlp.Pattern{
			{Expr: `BE ?[01]?\d{3}[. ]?\d{3}[. ]?\d{3}`, Check: belgiumValueAddedTaxNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"btw", "tva", "vat", "ondernemingsnummer", "numéro d'entreprise", "btw-nummer", "numéro de tva", "kbo", "bce",
		},
		Positives: []string{
			"BTW BE0403.019.261",
		},
		Negatives: []string{
			"BE0403019262",
		},
	}
}

func belgiumValueAddedTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 9 || len(d) == 10) && 97-checksum.Number(d[:len(d)-2])%97 == checksum.Number(d[len(d)-2:])
}
