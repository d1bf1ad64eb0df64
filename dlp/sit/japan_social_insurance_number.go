package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func japanSocialInsuranceNumber() dlp.Type {
	return dlp.Type{
		ID: "japan-social-insurance-number", Name: "Japan social insurance number (SIN)", GUID: "c840e719-0896-45bb-84fd-1ed5c95e45ff",
		Group: dlp.Social, Countries: []string{"jp"},
		About:  "Four and six digits of a pension number, or seven to twelve digits, near words for social insurance.",
		Source: "Japan Pension Service",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4}-\d{6}|\d{7,12}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"基礎年金番号", "年金手帳", "社会保険番号", "雇用保険", "被保険者番号", "健康保険", "社会保険", "social insurance no.", "social insurance number", "social insurance", "pension number",
		},
		Proximity: 60,
		Positives: []string{
			`基礎年金番号 1234-567890`,
		},
		Negatives: []string{
			`1234-567890`,
		},
	}
}
