package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func irelandPersonalPublicServiceNumber() dlp.Type {
	return dlp.Type{
		ID: "ireland-personal-public-service-number", Name: "Ireland Personal Public Service (PPS) Number", GUID: "1cdb674d-c19a-4fcf-9f4b-7f56cc87345a",
		Group: dlp.Identity, Countries: []string{"ie"},
		About:  "Seven digits, a check letter by the remainder by 23, and for newer numbers a second letter.",
		Source: "Department of Social Protection, PPS number",
		Patterns: []dlp.Pattern{
			{Expr: `\d{7}[A-W][A-IWTX]?`, Check: irelandPpsCheck, Near: dlp.High},
		},
		Keywords: []string{
			"pps", "ppsn", "pps number", "pps no", "pps num", "pps#", "ppsno", "personal public service", "personal public service number",
			"public service number", "uimhir phearsanta", "revenue", "social insurance", "rsi",
		},
		Positives: []string{
			"PPS number 6433435F", "6433435FT ppsn",
		},
		Negatives: []string{
			"6433435F", "PPSN 6433435G",
		},
	}
}

func irelandPpsCheck(m []byte) bool {
	sum := 0
	for i, c := range m[:7] {
		sum += int(c-'0') * (8 - i)
	}
	if len(m) == 9 && m[8] != 'W' && m[8] != 'T' && m[8] != 'X' {
		sum += int(m[8]-'A'+1) * 9
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == m[7]
}
