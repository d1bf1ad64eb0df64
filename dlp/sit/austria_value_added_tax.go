package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func austriaValueAddedTax() dlp.Type {
	return dlp.Type{
		ID: "austria-value-added-tax", Name: "Austria Value Added Tax", GUID: "b6a3eda2-c56c-4b69-a5f7-dca34db00f48",
		Group: dlp.Tax, Countries: []string{"at"},
		About:  "ATU and eight digits with check digit.",
		Source: "BMF, Berechnung der UID-Prüfziffer",
		Patterns: []dlp.Pattern{
			{Expr: `AT ?U ?\d{8}`, Check: austriaValueAddedTaxCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `U ?\d{8}`, Check: austriaValueAddedTaxCheck, Near: dlp.High},
		},
		Keywords: []string{
			"uid", "ust-id", "ustid", "uid-nummer", "umsatzsteuer", "vat", "vat number", "value added tax", "mwst",
		},
		Positives: []string{
			`USt-ID U13585627`,
			"UID ATU13585627",
		},
		Negatives: []string{
			`U13585627`,
			"ATU13585628", "AT 12345678",
		},
	}
}

func austriaValueAddedTaxCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 8 && ((6-(int(d[7])+luhnHead(d[:7])))%10 == 0 || (96-int(d[7])-luhnHead(d[:7]))%10 == 0)
}

// luhnHead is the sum of the digits, every second one doubled from the second on.
func luhnHead(d []byte) int {
	n := 0
	for i, v := range d {
		x := int(v)
		if i%2 == 1 {
			if x *= 2; x > 9 {
				x -= 9
			}
		}
		n += x
	}
	return n
}
