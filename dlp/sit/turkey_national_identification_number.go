package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func turkeyNationalIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "turkey-national-identification-number", Name: "Turkish National Identification Number", GUID: "fb621f20-3876-4cfc-acec-8c8e73ca32c7",
		Group: dlp.Identity, Countries: []string{"tr"},
		About:  "Eleven digits with two check digits.",
		Source: "Nüfus Hizmetleri Kanunu 5490",
		Patterns: []dlp.Pattern{
			{Expr: `[1-9]\d{10}`, Check: turkeyNationalIdentificationNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"tc kimlik", "tc kimlik no", "t.c. kimlik", "kimlik numarası", "kimlik no", "vatandaşlık numarası", "tc no", "tckn", "kimlik", "vatandaşlık",
			"turkish id", "tc id",
		},
		Positives: []string{
			"TC Kimlik No 17291716060",
		},
		Negatives: []string{
			"17291716060", "TC Kimlik 17291716061",
		},
	}
}

func turkeyNationalIdentificationNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 11 && turkeyCheck(d)
}

func turkeyCheck(d []byte) bool {
	odd, even := checksum.Sum(d, 1, 0, 1, 0, 1, 0, 1, 0, 1), checksum.Sum(d, 0, 1, 0, 1, 0, 1, 0, 1)
	return ((odd*7-even)%10+10)%10 == int(d[9]) && (odd+even+int(d[9]))%10 == int(d[10])
}
