package sit

import (
	"strings"

	"github.com/referee-casb/referee/dlp"
)

func ukNationalInsuranceNumber() dlp.Type {
	return dlp.Type{
		ID: "uk-national-insurance-number", Name: "U.K. National Insurance Number (NINO)", GUID: "16c07343-c26f-49d2-a987-3daf717e94cc",
		Group: dlp.Social, Countries: []string{"gb"},
		About:  "Two letters that are in use, six digits, a letter A to D.",
		Source: "HMRC, NIM39110",
		Patterns: []dlp.Pattern{
			{Expr: `[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]`, Check: ukNinoCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z](?: ?\d{2}){3}(?: ?[A-Da-d])?`, Check: ukNinoCheck, Near: dlp.High},
		},
		Keywords: []string{
			"national insurance number", "national insurance contributions", "national insurance", "nino", "ni number", "ni no", "ni no.", "ni #", "ni#",
			"nationalinsurance", "insurance #", "social security number", "insurance number", "medical application",
		},
		Positives: []string{
			`nino hh012345d`,
			`National Insurance number HH012345`,
			"NI number HH 01 23 45 D", "HH012345D",
		},
		Negatives: []string{
			`hh012345`,
			"NK012345D", "DA012345D", "HH012345E",
		},
	}
}

func ukNinoCheck(m []byte) bool {
	switch strings.ToUpper(string(m[:2])) {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return false
	}
	return notSame(m)
}
