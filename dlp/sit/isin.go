package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func isin() dlp.Type {
	return dlp.Type{
		ID: "isin", Name: "Securities Identification Number (ISIN)",
		Group:  dlp.Financial,
		About:  "Country, nine characters and check digit by Luhn over the letters' values.",
		Source: "ISO 6166",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}[A-Z0-9]{9}\d`, Check: isinCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"isin", "securities", "security id", "wkn", "wertpapier", "bond", "shares", "aktie", "valeur mobilière", "valores", "titolo",
		},
		Positives: []string{
			"ISIN US0378331005", "ISIN: DE0007164600",
		},
		Negatives: []string{
			"US0378331005", "ISIN US0378331006", "shares of SOFTWARELIKE",
		},
	}
}

func isinCheck(m []byte) bool {
	var b [48]byte
	v := checksum.Alnum(b[:0], m)
	return len(v) == 12 && (country(m[0], m[1]) || m[0] == 'X' && m[1] == 'S') && checksum.LuhnLetters(v) && isinDigits(v)
}

// isinDigits asks for three digits, which words in capitals lack.
func isinDigits(v []byte) bool {
	n := 0
	for _, x := range v {
		if x < 10 {
			n++
		}
	}
	return n >= 3
}
