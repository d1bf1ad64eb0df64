package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func usPhysicalAddresses() dlp.Type {
	return dlp.Type{
		ID: "us-physical-addresses", Name: "U.S. physical addresses",
		Group: dlp.Contact, Countries: []string{"us"},
		About:  "A street with a number, a postal code and a town, as they are written there.",
		Source: "Universal Postal Union, postal addressing systems",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,5}[A-Za-z]?,? (?:[A-Z][A-Za-z.'-]{1,24} ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|Way|Terrace|Circle|Cir|Highway|Hwy|Parkway|Pkwy|Square|Sq|Crescent|Close|Grove|Gardens|Row|Mews|Parade|Esplanade)\.?(?:,? (?:Apt|Suite|Ste|Unit|Flat|Floor|#)\.? ?[A-Za-z0-9-]{1,8})?[,.]?\s{1,2}(?:,? ?[A-Z][A-Za-z.'-]{1,24}(?: [A-Z][A-Za-z.'-]{1,24}){0,2}),? (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]) \d{5}(?:-\d{4})?`, Alone: dlp.Medium},
		},
		Positives: []string{
			`1600 Pennsylvania Avenue, Washington, DC 20500`,
			`12 Main St., Springfield, IL 62701`,
		},
		Negatives: []string{
			`1600 Pennsylvania Avenue`,
			`Springfield, IL 62701`,
		},
	}
}
