package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func yugoslavUniqueMasterCitizenNumber() dlp.Type {
	return dlp.Type{
		ID: "yugoslav-unique-master-citizen-number", Name: "Unique Master Citizen Number (JMBG) of Bosnia, Montenegro, North Macedonia and Serbia",
		Group: dlp.Identity, Countries: []string{"ba", "me", "mk", "rs"},
		About:  "13 digits: date of birth, region, serial number, check digit modulo 11.",
		Source: "Zakon o jedinstvenom matičnom broju",
		Patterns: []dlp.Pattern{
			{Expr: `\d{13}`, Check: yugoslavUniqueMasterCitizenNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"jmbg", "jmb", "matični broj", "maticni broj", "jedinstveni matični broj", "матични број", "јмбг", "ембг", "единствен матичен број",
			"lična karta", "лична карта",
		},
		Positives: []string{
			"JMBG 0101006100008",
		},
		Negatives: []string{
			"0101006100008", "JMBG 0101006100007",
		},
	}
}

func yugoslavUniqueMasterCitizenNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && !checksum.Same(d) && checksum.Date(2000+checksum.Number(d[5:7]), checksum.Number(d[2:4]), checksum.Number(d[:2])) && d[7] != 5 && (11-checksum.Sum(d, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == int(d[12])
}
