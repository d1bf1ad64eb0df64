package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func spainTaxIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "spain-tax-identification-number", Name: "Spain Tax Identification Number", GUID: "10f0d113-b0e1-47dc-872a-a4f45b9376a3",
		Group: dlp.Tax, Countries: []string{"es"},
		About:  "The NIF of a person (check letter by 23) or of a company (letter, seven digits, check digit or letter).",
		Source: "Orden EHA/451/2008",
		Patterns: []dlp.Pattern{
			{Expr: `(?:ES[ -]?)?(?:[ABCDEFGHJNPQRSUVW][ -]?\d{7}[ -]?[0-9A-J]|\d{8}[ -]?[A-HJ-NP-TV-Z]|[XYZKLM][ -]?\d{7}[ -]?[A-Z])`, Check: spainNif, Near: dlp.High},
		},
		Keywords: []string{
			"nif", "nif#", "cif", "n.i.f", "c.i.f", "número de contribuyente", "número de identificación fiscal", "identificación fiscal",
			"número de impuesto", "iva", "tax id", "tin", "nifnúmero", "agencia tributaria",
		},
		Positives: []string{
			"NIF B-58378431", "CIF: B64717838", "NIF 54362315-K",
		},
		Negatives: []string{
			"B-58378431", "CIF B64717839",
		},
	}
}

// spainNif checks a person's number by its letter and a company's by Luhn, whose result some kinds write as a letter.
func spainNif(m []byte) bool {
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	if len(v) == 11 {
		v = v[2:]
	}
	switch first := v[0]; {
	case len(v) != 9:
		return false
	case first < 10 || first >= 33: // a digit, X, Y or Z
		return spainLetter(m[len(m)-textLength(m, 9):])
	case first >= 20 && first <= 22: // K, L and M
		n := checksum.Number(v[1:8])
		return v[8] >= 10 && "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]-'A'+10 == v[8]
	}
	sum := 0
	for i, x := range v[1:8] {
		n := int(x)
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	c := (10 - sum%10) % 10
	return int(v[8]) == c || v[8] >= 10 && "JABCDEFGHI"[c]-'A'+10 == v[8]
}

// textLength is how many bytes at the end of m hold n letters and digits.
func textLength(m []byte, n int) int {
	for i := len(m) - 1; i >= 0; i-- {
		if c := m[i]; c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' {
			if n--; n == 0 {
				return len(m) - i
			}
		}
	}
	return len(m)
}
