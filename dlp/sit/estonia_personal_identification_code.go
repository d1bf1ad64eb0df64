package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func estoniaPersonalIdentificationCode() dlp.Type {
	return dlp.Type{
		ID: "estonia-personal-identification-code", Name: "Estonia Personal Identification Code", GUID: "bfb26de6-dad5-4d48-ab72-4789cdd0654c",
		Group: dlp.Identity, Countries: []string{"ee"},
		About:  "Eleven digits: sex and century, date of birth, serial number, check digit modulo 11.",
		Source: "EVS 585",
		Patterns: []dlp.Pattern{
			{Expr: `[1-8]\d{10}`, Check: balticCheck, Near: dlp.High},
		},
		Keywords: []string{
			"isikukood", "ik", "isikukood:", "id-kaart", "maksukohustuslase", "personal identification code", "personal code", "estonian id",
			"isikut tõendav",
		},
		Positives: []string{
			"isikukood 36805280109",
		},
		Negatives: []string{
			"36805280109", "isikukood 36805280108",
		},
	}
}

// balticCheck is the check digit of Estonian and Lithuanian personal codes.
func balticCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if len(d) != 11 || d[0] == 0 || d[0] > 8 || !day(d, 1, 3, 5) && !checksum.Date(1900, checksum.Number(d[3:5]), checksum.Number(d[5:7])) {
		return false
	}
	c := checksum.Sum(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if c == 10 {
		c = checksum.Sum(d, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return c == int(d[10])
}
