package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func philippinesUnifiedMultiPurposeIdentificationNumber() dlp.Type {
	return dlp.Type{
		ID: "philippines-unified-multi-purpose-identification-number", Name: "Philippines Unified Multi-Purpose ID number", GUID: "019b39dd-8c25-4765-91a3-d9c6baf3c3b3",
		Group: dlp.Identity, Countries: []string{"ph"},
		About: "Twelve digits in the groups 4-7-1 near a keyword.",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4}-\d{7}-\d`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"umid", "unified multi-purpose id", "unified multi-purpose identification", "identity card", "pinag-isang multi-layunin id", "crn",
			"common reference number", "sss", "gsis",
		},
		Positives: []string{
			"UMID 0028-1215160-9",
		},
		Negatives: []string{
			"0028-1215160-9",
		},
	}
}
