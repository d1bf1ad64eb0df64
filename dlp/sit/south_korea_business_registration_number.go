package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func southKoreaBusinessRegistrationNumber() dlp.Type {
	return dlp.Type{
		ID: "south-korea-business-registration-number", Name: "South Korea Business Registration Number",
		Group: dlp.Tax, Countries: []string{"kr"},
		About:  "Ten digits with check digit.",
		Source: "국세청, 사업자등록번호",
		Patterns: []dlp.Pattern{
			{Expr: `\d{3}-?\d{2}-?\d{5}`, Check: southKoreaBusinessRegistrationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"사업자등록번호", "사업자번호", "사업자등록", "사업자", "business registration number", "brn",
		},
		Positives: []string{
			"사업자등록번호 116-82-00276",
		},
		Negatives: []string{
			"116-82-00276", "사업자등록번호 116-82-00277",
		},
	}
}

func southKoreaBusinessRegistrationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && (10-(checksum.Sum(d, 1, 3, 7, 1, 3, 7, 1, 3, 5)+int(d[8])*5/10)%10)%10 == int(d[9])
}
