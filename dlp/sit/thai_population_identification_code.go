package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func thaiPopulationIdentificationCode() dlp.Type {
	return dlp.Type{
		ID: "thai-population-identification-code", Name: "Thai Population Identification Code", GUID: "44ca9e86-ead7-4c5d-884a-e2eaa401515e",
		Group: dlp.Identity, Countries: []string{"th"},
		About:  "13 digits with check digit modulo 11.",
		Source: "กรมการปกครอง",
		Patterns: []dlp.Pattern{
			{Expr: `[1-8][ -]?\d{4}[ -]?\d{5}[ -]?\d{2}[ -]?\d`, Check: thaiPopulationIdentificationCodeCheck, Near: dlp.High},
		},
		Keywords: []string{
			"บัตรประชาชน", "บัตรประจำตัวประชาชน", "เลขประจำตัวประชาชน", "หมายเลขประจำตัว", "เลขบัตรประชาชน", "รหัสบัตรประชาชน", "citizen id", "thai id",
			"id number", "identification number", "personal id",
		},
		Positives: []string{
			"เลขประจำตัวประชาชน 1-2345-67890-12-1",
		},
		Negatives: []string{
			"1-2345-67890-12-1", "บัตรประชาชน 1-2345-67890-12-2",
		},
	}
}

func thaiPopulationIdentificationCodeCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && !checksum.Same(d) && (11-checksum.Sum(d, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == int(d[12])
}
