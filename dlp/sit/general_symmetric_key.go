package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func generalSymmetricKey() dlp.Type {
	return dlp.Type{
		ID: "general-symmetric-key", Name: "General Symmetric Key",
		Group: dlp.Credential,
		About: "An assignment of a random-looking value of 32 characters or more to a name for a key or secret.",
		Patterns: []dlp.Pattern{
			{Expr: "(?i:(?:api|access|secret|private|encryption|signing|auth|client|master|shared)?[_. -]?(?:key|secret|token))\"?\\'? ?(?:=|:|=>|:=) ?[\"\\'`]?[A-Za-z0-9+/_-]{32,128}={0,2}", Check: generalKeyCheck, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"secret", "api", "credentials", "encryption", "aes", "hmac", "signing",
		},
		Proximity: 60,
		Positives: []string{
			`api_key = "mwyFGuSanaMZd6V` + `674qwdbmCtdbV7a1wAkZTAGDP"`, "secret: 3c5ebZhw3DlkhO3F7Bi4" + "n2ith5zAcYpzO8Ha29D4LBgYUHG0",
		},
		Negatives: []string{
			`api_key = "aaaaaaaaaaaaaaa` + `aaaaaaaaaaaaaaaaaaaaaaaaa"`, "key: some-long-name-of-a-" + "translation-that-is-no-key", "token=short",
		},
	}
}

func generalKeyCheck(m []byte) bool {
	return random35(afterSign(m))
}
