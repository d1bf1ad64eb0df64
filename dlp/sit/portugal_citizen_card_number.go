package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func portugalCitizenCardNumber() dlp.Type {
	return dlp.Type{
		ID: "portugal-citizen-card-number", Name: "Portugal Citizen Card Number", GUID: "91a7ece2-add4-4986-9a15-c84544d81ecd",
		Group: dlp.Identity, Countries: []string{"pt"},
		About:  "Eight digits and a check digit, two characters and a check digit (Luhn with letters), near a keyword; or eight digits.",
		Source: "Cartão de Cidadão, validação de número de documento",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8} ?\d ?[A-Z0-9]{2}\d`, Check: portugalCitizenCheck, Near: dlp.High},
		},
		Keywords: []string{
			"cartão de cidadão", "cartão cidadão", "bilhete de identidade", "número de identificação civil", "número do documento", "número de cartão",
			"citizen card", "citizen card number", "nic", "bi number",
		},
		Positives: []string{
			"cartão de cidadão 10000000 0 ZZ2",
		},
		Negatives: []string{
			"10000000 0 ZZ2", "cartão de cidadão 10000000 0 ZZ3",
		},
	}
}

func portugalCitizenCheck(m []byte) bool {
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	sum := 0
	for i, x := range v {
		n := int(x)
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return len(v) == 12 && sum%10 == 0
}
