package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func spainDni() dlp.Type {
	return dlp.Type{
		ID: "spain-dni", Name: "Spain DNI", GUID: "8e6251b9-47b4-40e8-a42b-0f80876be192",
		Group: dlp.Identity, Countries: []string{"es"},
		About:  "Eight digits, or X, Y, Z and seven digits, and a check letter by the remainder by 23.",
		Source: "Real Decreto 1553/2005",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8}[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]|[XYZxyz][ -]?\d{7}[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]`, Check: spainLetter, Near: dlp.High},
		},
		Keywords: []string{
			"dni", "dni#", "d.n.i", "nie", "documento nacional de identidad", "documento nacional", "número de identidad", "identificación",
			"número nacional identidad", "identidad único", "dninúmero", "dninumero", "carné de identidad", "national identity", "extranjero",
		},
		Positives: []string{
			`nie x-2482300w`,
			"DNI 54362315-K", "NIE X-2482300W",
		},
		Negatives: []string{
			"DNI 54362315-Z", "54362315-K",
		},
	}
}

// spainLetter checks the letter of a DNI or NIE: the remainder by 23 of the number, X, Y and Z counting as 0, 1 and 2.
func spainLetter(m []byte) bool {
	var b [32]byte
	v := checksum.Alnum(b[:0], m)
	n := 0
	for i, x := range v[:len(v)-1] {
		if i == 0 && x > 9 {
			x -= 33 // X is 33
		}
		n = n*10 + int(x)
	}
	return len(v) == 9 && n > 0 && "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]-'A'+10 == v[8]
}
