package sit

import (
	"strings"

	"github.com/referee-casb/referee/dlp"
)

func mexicoRfc() dlp.Type {
	return dlp.Type{
		ID: "mexico-rfc", Name: "Mexico Taxpayer Number (RFC)",
		Group: dlp.Tax, Countries: []string{"mx"},
		About:  "Three or four letters, a date, three characters; the last one is a check character modulo 11.",
		Source: "SAT, RFC, anexo IV",
		Patterns: []dlp.Pattern{
			{Expr: `[A-ZÑ&]{3,4}[ -]?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?[A-Z0-9]{2}[0-9A]`, Check: mexicoRfcCheck, Near: dlp.High},
			{Expr: `(?i:[A-ZÑ&]{3,4})[ -]?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[ -]?[A-Za-z0-9]{2}[0-9Aa])?`, Near: dlp.Medium},
		},
		Keywords: []string{
			"rfc", "registro federal de contribuyentes", "contribuyente", "sat", "clave del rfc", "factura",
		},
		Positives: []string{
			`RFC mhtr-93041179a`,
			`RFC COMG-600703`,
			`RFC VACE-460910-SX6`,
			"RFC GODE 561231 GR8", "RFC MAB-930714-8T4",
		},
		Negatives: []string{
			"GODE561231GR8", "RFC GODE 561331 GR8",
		},
	}
}

// mexicoRfcCheck counts characters in the order 0-9 A-N & O-Z space Ñ; a company's number begins with a space.
func mexicoRfcCheck(m []byte) bool {
	const order = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ "
	sum, n := 0, 0
	text := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, string(m))
	runes := []rune(text)
	if len(runes) == 12 {
		sum, n = 37*13, 1
	}
	for _, r := range runes[:len(runes)-1] {
		v := strings.IndexRune(order, r)
		if r == 'Ñ' {
			v = 38
		}
		sum += v * (13 - n)
		n++
	}
	return rune("0A987654321"[sum%11]) == runes[len(runes)-1]
}
