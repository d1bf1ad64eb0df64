package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func indonesiaIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "indonesia-identity-card-number", Name: "Indonesia Identity Card (KTP) Number", GUID: "da68fdb0-f383-4981-8c86-82689d3b7d55",
		Group: dlp.Identity, Countries: []string{"id"},
		About:  "16 digits: province, regency, district, date of birth (day plus 40 for women), serial number.",
		Source: "Permendagri, Nomor Induk Kependudukan",
		Patterns: []dlp.Pattern{
			{Expr: `(?:1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-6])\d{14}`, Check: indonesiaIdentityCardNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"ktp", "kartu tanda penduduk", "nik", "nomor induk kependudukan", "nomor ktp", "e-ktp", "kartu keluarga", "penduduk", "identity card",
		},
		Positives: []string{
			"NIK 3171014508900123", "KTP 3201010101900001",
		},
		Negatives: []string{
			"3201010101900001", "NIK 3201013213900001",
		},
	}
}

func indonesiaIdentityCardNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 16 && checksum.Date(2000+checksum.Number(d[10:12]), checksum.Number(d[8:10]), checksum.Number(d[6:8])%40)
}
