package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func finlandNationalId() dlp.Type {
	return dlp.Type{
		ID: "finland-national-id", Name: "Finnish National ID", GUID: "338fd995-4cb5-4f87-ad35-79bd1dd926c1",
		Group: dlp.Identity, Countries: []string{"fi"},
		About:  "Date of birth, sign of the century, serial number, check character by the remainder by 31.",
		Source: "Digi- ja väestötietovirasto, henkilötunnus",
		Patterns: []dlp.Pattern{
			{Expr: `\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]`, Check: finlandNationalIDCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"henkilötunnus", "hetu", "sotu", "henkilötunnus:", "sosiaaliturvatunnus", "personbeteckning", "personnummer", "national id", "finnish", "ssn",
			"tunnistenumero",
		},
		Positives: []string{
			"henkilötunnus 131052-308T", "131052-308T",
		},
		Negatives: []string{
			"131052-308U", "320152-308T",
		},
	}
}

func finlandNationalIDCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m[:10])
	return len(d) == 9 && checksum.Date(2000+checksum.Number(d[4:6]), checksum.Number(d[2:4]), checksum.Number(d[:2])) &&
		"0123456789ABCDEFHJKLMNPRSTUVWXY"[checksum.Number(d)%31] == m[10]
}
