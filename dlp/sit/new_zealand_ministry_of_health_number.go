package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func newZealandMinistryOfHealthNumber() dlp.Type {
	return dlp.Type{
		ID: "new-zealand-ministry-of-health-number", Name: "New Zealand Ministry of Health Number", GUID: "2b71c1c8-d14e-4430-82dc-fd1ed6bf05c7",
		Group: dlp.Health, Countries: []string{"nz"},
		About:  "Three letters without I and O, three digits and a check digit modulo 11.",
		Source: "HISO 10046, NHI number format",
		Patterns: []dlp.Pattern{
			{Expr: `[A-HJ-NP-Z]{3} ?\d{4}`, Check: newZealandNhi, Near: dlp.High},
		},
		Keywords: []string{
			"nhi", "national health index", "health number", "ministry of health", "nz health", "new zealand health", "treatment", "patient", "hospital",
		},
		Positives: []string{
			"NHI ZZZ0016", "NHI number JBX3656",
		},
		Negatives: []string{
			"ZZZ0016", "NHI ZZZ0017",
		},
	}
}

func newZealandNhi(m []byte) bool {
	sum, w := 0, 7
	for _, c := range m[:len(m)-1] {
		switch {
		case c == ' ':
			continue
		case c <= '9':
			sum += int(c-'0') * w
		default:
			v := int(c-'A') + 1
			if c > 'I' {
				v--
			}
			if c > 'O' {
				v--
			}
			sum += v * w
		}
		w--
	}
	return sum%11 != 0 && (11-sum%11)%10 == int(m[len(m)-1]-'0')
}
