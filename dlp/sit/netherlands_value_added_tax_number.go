package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func netherlandsValueAddedTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "netherlands-value-added-tax-number", Name: "Netherlands Value Added Tax Number", GUID: "4f320d9b-4972-41ae-b337-88d499bb1ade",
		Group: dlp.Tax, Countries: []string{"nl"},
		About:  "NL, nine digits, B, two digits; the number of a company passes the eleven test, that of a person MOD 97-10.",
		Source: "Belastingdienst, btw-identificatienummer",
		Patterns: []dlp.Pattern{
			{Expr: `NL ?\d{9} ?B ?\d{2}`, Check: netherlandsVatCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `(?:NL ?)?\d{7,9} ?B ?\d{2}`, Check: netherlandsVatShort, Near: dlp.High},
		},
		Keywords: []string{
			"btw", "btw-nummer", "btw nummer", "omzetbelasting", "ob-nummer", "vat", "vat number",
		},
		Positives: []string{
			`BTW 004495445B01`,
			`BTW NL4495445B01`,
			"BTW NL004495445B01",
		},
		Negatives: []string{
			`004495445B01`,
			"NL004495446B01",
		},
	}
}

func netherlandsVatCheck(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	return len(v) == 14 && (elevenTest(v[2:11]) || checksum.Mod97(v) == 1)
}

// netherlandsVatShort takes numbers without the country or without the zeros in front.
func netherlandsVatShort(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	if v[0] > 9 {
		v = v[2:]
	}
	full := append([]byte{23, 21, 0, 0}[:2+max(0, 12-len(v))], v...)
	return len(full) == 14 && (elevenTest(full[2:11]) || checksum.Mod97(full) == 1)
}
