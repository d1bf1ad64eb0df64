package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func sloveniaUniqueMasterCitizenNumber() dlp.Type {
	return dlp.Type{
		ID: "slovenia-unique-master-citizen-number", Name: "Slovenia Unique Master Citizen Number", GUID: "68948b27-803d-41e4-adf1-13e05eb541bb",
		Group: dlp.Identity, Countries: []string{"si"},
		About:  "13 digits: date of birth, register 50 to 59, serial number, check digit modulo 11.",
		Source: "Zakon o centralnem registru prebivalstva",
		Patterns: []dlp.Pattern{
			{Expr: `\d{7}5\d{5}`, Check: sloveniaUniqueMasterCitizenNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"emšo", "emso", "enotna matična številka", "enotna matična številka občana", "osebna številka", "osebna izkaznica", "identifikacijska številka",
			"unique master citizen", "slovenian id",
		},
		Positives: []string{
			"EMŠO 0101006500006",
		},
		Negatives: []string{
			"0101006500006", "EMŠO 0101006500007",
		},
	}
}

func sloveniaUniqueMasterCitizenNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && checksum.Date(2000+checksum.Number(d[5:7]), checksum.Number(d[2:4]), checksum.Number(d[:2])) && (11-checksum.Sum(d, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == int(d[12])
}
