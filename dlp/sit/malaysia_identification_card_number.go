package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func malaysiaIdentificationCardNumber() dlp.Type {
	return dlp.Type{
		ID: "malaysia-identification-card-number", Name: "Malaysia Identification Card Number", GUID: "7f0e921c-9677-435b-aba2-bb8f1013c749",
		Group: dlp.Identity, Countries: []string{"my"},
		About:  "Twelve digits: date of birth, place of birth, serial number.",
		Source: "Jabatan Pendaftaran Negara, kod negeri",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}-\d{2}-\d{4}|\d{12}`, Check: malaysiaIdentificationCardNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"mykad", "mykas", "mypr", "kad pengenalan", "nombor kad pengenalan", "no kp", "no. kp", "ic number", "ic no", "nric", "identity card",
			"identification card", "kad", "malaysia id", "digital application card",
		},
		Positives: []string{
			"MyKad 770305-02-1234",
		},
		Negatives: []string{
			"MyKad 771305-02-1234", "770305-02-1234", "MyKad 770305-17-1234",
		},
	}
}

func malaysiaIdentificationCardNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 12 && day(d, 0, 2, 4) && malaysiaPlace(checksum.Number(d[6:8]))
}

func malaysiaPlace(p int) bool {
	return p >= 1 && p <= 16 || p >= 21 && p <= 68 || p == 71 || p == 72 || p >= 74 && p <= 79 || p >= 82 && p <= 93 || p >= 98 && p <= 99
}
