package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func netherlandsCitizensServiceNumber() dlp.Type {
	return dlp.Type{
		ID: "netherlands-citizens-service-number", Name: "Netherlands Citizen's Service (BSN) Number", GUID: "c5f54253-ef7e-44f6-a578-440ed67e946d",
		Group: dlp.Identity, Countries: []string{"nl"},
		About:  "Eight or nine digits that pass the eleven test (weights 9 to 2 and -1).",
		Source: "Wet algemene bepalingen burgerservicenummer",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}|\d{3}[. -]\d{3}[. -]\d{3}|\d{4}[. -]\d{2}[. -]\d{3}|\d{8}`, Check: netherlandsCitizensServiceNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"bsn", "bsn#", "bsn-nummer", "burgerservicenummer", "burger service nummer", "sofi", "sofinummer", "sofi-nummer", "citizen service number",
			"persoonsnummer", "persoonsgebonden nummer", "persoonlijk nummer", "identiteitskaart", "fiscaal nummer", "belastingnummer",
		},
		Positives: []string{
			"BSN 123456782", "burgerservicenummer 1112.22.333",
		},
		Negatives: []string{
			"123456782", "BSN 123456783",
		},
	}
}

func netherlandsCitizensServiceNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 8 || len(d) == 9) && !checksum.Same(d) && elevenTest(d)
}

// elevenTest is the Dutch elfproef; a number of eight digits has lost its leading zero.
func elevenTest(d []byte) bool {
	sum := 0
	for i, v := range d {
		w := len(d) - i
		if w == 1 {
			w = -1
		}
		sum += int(v) * w
	}
	return sum%11 == 0
}
