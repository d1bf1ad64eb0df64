package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func australiaPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "australia-physical-addresses", Name: "Australia physical addresses",
		Group: dlp.Contact, Countries: []string{"au"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,5}[A-Za-z]?,? (?:[A-Z][A-Za-z.'-]{1,24} ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|Way|Terrace|Circle|Cir|Highway|Hwy|Parkway|Pkwy|Square|Sq|Crescent|Close|Grove|Gardens|Row|Mews|Parade|Esplanade)\.?(?:,? (?:Apt|Suite|Ste|Unit|Flat|Floor|#)\.? ?[A-Za-z0-9-]{1,8})?[,.]?\s{1,2}(?:,? ?[A-Z][A-Za-z.'-]{1,24}(?: [A-Z][A-Za-z.'-]{1,24}){0,2}),? (?:NSW|VIC|QLD|SA|WA|TAS|NT|ACT) \d{4}`, Alone: dlp.Medium},
		},
		Positives: []string{
			`1 Macquarie Street, Sydney NSW 2000`,
		},
		Negatives: []string{
			`1 Macquarie Street, Sydney`,
		},
	}
}
