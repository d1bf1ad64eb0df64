package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func discordWebhookUrl() dlp.Type {
	return dlp.Type{
		ID: "discord-webhook-url", Name: "Discord Webhook URL",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			"https://discord.com/api/webhooks/123456789012345678/jZW3v9A1" + "TnXuHZ1MbdTuwwkozUdgtPe5e0q8KZ7lm5WjFSNmaXqRO1zYDPtcAgTrUGNX",
		},
		Negatives: []string{
			"discord.com/a" + "pi/webhooks/1",
		},
	}
}
