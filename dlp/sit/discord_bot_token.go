package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func discordBotToken() dlp.Type {
	return dlp.Type{
		ID: "discord-bot-token", Name: "Discord Bot Token",
		Group: dlp.Credential,
		About: "The fixed prefix and length of the service's tokens.",
		Patterns: []dlp.Pattern{
			{Expr: `[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"MGooPY06fZNbMcng6sePLww4Yq.gP8" + "O3V.ThwHYH4GLpEsZFfbsYOxdw4QWW8",
		},
		Negatives: []string{
			"a.b.c",
		},
	}
}
