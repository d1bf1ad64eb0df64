package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func mexicoUniquePopulationRegistryCode() dlp.Type {
	return dlp.Type{
		ID: "mexico-unique-population-registry-code", Name: "Mexico Unique Population Registry Code (CURP)", GUID: "e905ad4d-5a74-406d-bf36-b1efca798af4",
		Group: dlp.Identity, Countries: []string{"mx"},
		About:  "18 characters: name, date of birth, sex, state, consonants, check digit.",
		Source: "RENAPO, instructivo CURP",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z][AEIOUX][A-Z]{2}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[HMX](?:AS|BC|BS|CC|CL|CM|CS|CH|DF|DG|GT|GR|HG|JC|MC|MN|MS|NT|NL|OC|PL|QT|QR|SP|SL|SR|TC|TS|TL|VZ|YN|ZS|NE)[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9]\d`, Check: mexicoCurp, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"curp", "clave única de registro de población", "clave única", "registro de población", "clave unica", "renapo",
		},
		Positives: []string{
			"CURP BOXW310820HNERXN09", "BOXW310820HNERXN09",
		},
		Negatives: []string{
			"BOXW310820HNERXN08", "BOXW310832HNERXN09",
		},
	}
}

// mexicoCurp counts letters in an alphabet that has Ñ after N.
func mexicoCurp(m []byte) bool {
	sum := 0
	for i, c := range m[:17] {
		v := int(c - '0')
		if c >= 'A' {
			if v = int(c-'A') + 10; c > 'N' {
				v++
			}
		}
		sum += v * (18 - i)
	}
	return (10-sum%10)%10 == int(m[17]-'0')
}
