package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func telegramBotToken() dlp.Type {
	return dlp.Type{
		ID: "telegram-bot-token", Name: "Telegram Bot Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{8,10}:AA[A-Za-z0-9_-]{33}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"123456789:AAhLRttdG5pb" + "qmHdm1jQ08rsX3xqvmuwDGU",
		},
		Negatives: []string{
			"123456789:AA",
		},
	}
}
