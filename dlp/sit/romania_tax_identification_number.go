package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func romaniaTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "romania-tax-identification-number", Name: "Romania Company Tax Number (CUI, CIF)",
		Group: dlp.Tax, Countries: []string{"ro"},
		About:  "Up to ten digits with check digit (weights 753217532).",
		Source: "Codul fiscal; Ordin 1199/2017",
		Patterns: []dlp.Pattern{
			{Expr: `(?:RO ?)?(?:\d{6,10}|\d{3} \d{3} \d{2,4})`, Check: romaniaTaxIdentificationNumberCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"cui", "cif", "cod fiscal", "cod unic de înregistrare", "cod de identificare fiscală", "tva", "vat",
		},
		Positives: []string{
			`CUI 185 472 90`,
			"CUI RO 18547290",
		},
		Negatives: []string{
			"18547290", "CUI RO 18547291",
		},
	}
}

func romaniaTaxIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 6 || len(d) == 7 || len(d) == 8 || len(d) == 9 || len(d) == 10) && !checksum.Same(d) && romaniaCui(d)
}

func romaniaCui(d []byte) bool {
	w, sum := [9]int{7, 5, 3, 2, 1, 7, 5, 3, 2}, 0
	for i, v := range d[:len(d)-1] {
		sum += int(v) * w[9-len(d)+1+i]
	}
	return sum*10%11%10 == int(d[len(d)-1])
}
