package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func drugEnforcementAgencyNumber() dlp.Type {
	return dlp.Type{
		ID: "drug-enforcement-agency-number", Name: "Drug Enforcement Agency (DEA) Number", GUID: "9a5445ad-406e-43eb-8bd7-cac17ab6d0e4",
		Group: dlp.Health, Countries: []string{"us"},
		About:  "Two letters (or a letter and 9) and seven digits with check digit.",
		Source: "21 CFR 1301; DEA registration number check digit",
		Patterns: []dlp.Pattern{
			{Expr: `[ABCDEFGHJKLMNPRSTUX][A-Z9]\d{7}`, Check: drugEnforcementAgencyNumberCheck, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"dea", "dea number", "dea #", "dea no", "drug enforcement", "prescriber", "controlled substance",
		},
		Positives: []string{
			"DEA AB1234563", "prescriber F91234563",
		},
		Negatives: []string{
			"AB1234564", "DEA AB123456",
		},
	}
}

func drugEnforcementAgencyNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 7 || len(d) == 8) && deaCheck(d[len(d)-7:])
}

func deaCheck(d []byte) bool {
	return !checksum.Same(d) && checksum.Sum(d, 1, 2, 1, 2, 1, 2)%10 == int(d[6])
}
