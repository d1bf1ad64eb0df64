package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func irelandPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "ireland-physical-addresses", Name: "Ireland physical addresses",
		Group: dlp.Contact, Countries: []string{"ie"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,5}[A-Za-z]?,? (?:[A-Z][A-Za-z.'-]{1,24} ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|Way|Terrace|Circle|Cir|Highway|Hwy|Parkway|Pkwy|Square|Sq|Crescent|Close|Grove|Gardens|Row|Mews|Parade|Esplanade)\.?(?:,? (?:Apt|Suite|Ste|Unit|Flat|Floor|#)\.? ?[A-Za-z0-9-]{1,8})?[,.]?\s{1,2}(?:,? ?[A-Z][A-Za-z.'-]{1,24}(?: [A-Z][A-Za-z.'-]{1,24}){0,2})(?: \d{1,2}W?)?,?\s{1,2}[A-Z]\d[0-9W] ?[A-Z0-9]{4}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`5 Merrion Square, Dublin 2, D02 XF75`,
		},
		Negatives: []string{
			`5 Merrion Square, Dublin 2`,
		},
	}
}
