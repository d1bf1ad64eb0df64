package sit

import (
	"strings"

	"github.com/referee-casb/referee/dlp"
)

func chinaUnifiedSocialCreditIdentifier() dlp.Type {
	return dlp.Type{
		ID: "china-unified-social-credit-identifier", Name: "China Unified Social Credit Identifier",
		Group: dlp.Tax, Countries: []string{"cn"},
		About:  "18 characters with check character modulo 31.",
		Source: "GB 32100-2015",
		Patterns: []dlp.Pattern{
			{Expr: `[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}`, Check: chinaUscc, Near: dlp.High},
		},
		Keywords: []string{
			"统一社会信用代码", "社会信用代码", "信用代码", "营业执照", "税号", "纳税人识别号", "uscc", "unified social credit",
		},
		Positives: []string{
			"统一社会信用代码 91110000600037341L",
		},
		Negatives: []string{
			"91110000600037341L", "统一社会信用代码 91110000600037342L",
		},
	}
}

func chinaUscc(m []byte) bool {
	const order = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, w := 0, 1
	for _, c := range m[:17] {
		sum += strings.IndexByte(order, c) * w
		w = w * 3 % 31
	}
	return order[(31-sum%31)%31] == m[17]
}
