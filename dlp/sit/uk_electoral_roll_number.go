package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func ukElectoralRollNumber() dlp.Type {
	return dlp.Type{
		ID: "uk-electoral-roll-number", Name: "U.K. Electoral Roll Number", GUID: "a3eea206-dc0c-4f06-9e22-aa1be3059963",
		Group: dlp.Identity, Countries: []string{"gb"},
		About: "Two letters and one to four digits near words for the electoral roll.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{2}\d{1,4}`, Near: dlp.Medium},
		},
		Keywords: []string{
			"electoral roll", "electoral register", "electoral number", "council nomination", "nomination form", "electoral roll number", "elector number",
			"polling number",
		},
		Proximity: 100,
		Positives: []string{
			"electoral roll number AB123",
		},
		Negatives: []string{
			"AB123",
		},
	}
}
