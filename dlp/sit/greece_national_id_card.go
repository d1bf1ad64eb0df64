package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func greeceNationalIdCard() dlp.Type {
	return dlp.Type{
		ID: "greece-national-id-card", Name: "Greece National ID Card", GUID: "82568215-1da1-46d3-874a-d2294d81b5ac",
		Group: dlp.Identity, Countries: []string{"gr"},
		About: "Two letters and six digits near words for an identity card.",
		Patterns: []dlp.Pattern{
			{Expr: `[A-ZΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]{2}[- ]?\d{6}`, Check: notSame, Near: dlp.Medium},
		},
		Keywords: []string{
			"ταυτότητα", "αριθμός ταυτότητας", "δελτίο ταυτότητας", "αδτ", "greek id", "greek national id", "identity card greece", "tautotita",
			"national identity card",
		},
		Positives: []string{
			"αριθμός ταυτότητας ΑΒ-123456",
		},
		Negatives: []string{
			"AB 123456",
		},
	}
}
