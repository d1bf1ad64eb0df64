package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func phoneNumber() dlp.Type {
	return dlp.Type{
		ID: "phone-number", Name: "Phone Number",
		Group:  dlp.Contact,
		About:  "An international number with its plus sign, or a number in groups near a word for a telephone.",
		Source: "ITU-T E.164",
		Patterns: []dlp.Pattern{
			{Expr: `\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}`, Check: phoneNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `\(?\d{2,5}\)?[ .-/]{0,2}\d{2,4}(?:[ .-]?\d{2,4}){1,3}`, Check: phoneNumberCheck2, Near: dlp.Low},
		},
		Keywords: []string{
			"phone", "telephone", "tel", "mobile", "cell", "cell phone", "fax", "call me", "phone number", "telefon", "telefonnummer", "handy", "mobil",
			"téléphone", "portable", "teléfono", "móvil", "celular", "telefono", "cellulare", "telefone", "telefoon", "mobiel", "puhelin", "numer telefonu",
			"telefonszám", "телефон", "τηλέφωνο", "电话", "手机", "電話", "携帯", "전화", "휴대폰", "هاتف", "טלפון",
		},
		Proximity: 40,
		Positives: []string{
			"+45 33 12 34 56", "+1 (212) 555-0142", "Tel. 030 1234567",
		},
		Negatives: []string{
			"12 34", "version 1.2.3", "+1 2",
		},
	}
}

func phoneNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 8 || len(d) == 9 || len(d) == 10 || len(d) == 11 || len(d) == 12 || len(d) == 13 || len(d) == 14 || len(d) == 15) && !checksum.Same(d[2:])
}

func phoneNumberCheck2(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 7 || len(d) == 8 || len(d) == 9 || len(d) == 10 || len(d) == 11 || len(d) == 12) && !checksum.Same(d)
}
