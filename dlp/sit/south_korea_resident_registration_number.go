package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func southKoreaResidentRegistrationNumber() dlp.Type {
	return dlp.Type{
		ID: "south-korea-resident-registration-number", Name: "South Korea Resident Registration Number", GUID: "5b802e18-ba80-44c4-bc83-bf2ad36ae36a",
		Group: dlp.Identity, Countries: []string{"kr"},
		About:  "13 digits: date of birth, sex and century, region, check digit; numbers given since October 2020 have no check digit.",
		Source: "주민등록법 시행규칙",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}-\d{7}`, Check: southKoreaResidentRegistrationNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `\d{6}[ -]?\d{7}`, Check: southKoreaResidentRegistrationNumberCheck2, Near: dlp.Medium},
		},
		Keywords: []string{
			"주민등록번호", "주민번호", "주민등록", "주민등록증", "외국인등록번호", "national id card", "citizen's registration number", "jumin", "rrn", "resident registration number",
			"korean national id",
		},
		Positives: []string{
			`주민등록번호 971013-9019902`,
			"주민등록번호 850126-1266478", "8501261266478 주민번호",
		},
		Negatives: []string{
			"850126-1266479", "주민등록번호 851326-1266478",
		},
	}
}

func southKoreaResidentRegistrationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && day(d, 0, 2, 4) && (11-checksum.Sum(d, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == int(d[12])
}

func southKoreaResidentRegistrationNumberCheck2(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 13 && day(d, 0, 2, 4)
}
