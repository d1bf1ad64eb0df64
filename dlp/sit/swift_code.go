package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func swiftCode() dlp.Type {
	return dlp.Type{
		ID: "swift-code", Name: "SWIFT Code", GUID: "cb2ab58c-9cb8-4c81-baf8-a4e106791df4",
		Group:  dlp.Financial,
		About:  "A business identifier code of 8 or 11 characters with a country's code in it, near a keyword.",
		Source: "ISO 9362; ISO 3166-1",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?`, Check: swiftCodeCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"swift", "bic", "swift code", "bic code", "swiftcode", "bic/swift", "swift/bic", "iso 9362", "bank identifier code", "international bank code",
			"wire transfer", "beneficiary bank", "code swift", "code bic", "código swift", "codice swift", "codice bic", "bankleitzahl", "swift-kod",
			"kod swift", "банк получателя", "свифт", "国际银行代码", "銀行コード", "スウィフト", "은행 코드",
		},
		Positives: []string{
			"SWIFT: DEUTDEFF", "BIC code NEDSZAJJXXX",
		},
		Negatives: []string{
			"DEUTDEFF", "swift: PASSWORD is wrong", "BIC ABCDXXFF",
		},
	}
}

const countryCodes = "AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"

func swiftCodeCheck(m []byte) bool {
	return country(m[4], m[5])
}

// country says whether two letters are an ISO 3166-1 code that banks use.
func country(a, b byte) bool {
	for i := 0; i+1 < len(countryCodes); i += 3 {
		if countryCodes[i] == a && countryCodes[i+1] == b {
			return true
		}
	}
	return false
}
