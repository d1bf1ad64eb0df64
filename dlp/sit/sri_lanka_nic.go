package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func sriLankaNic() dlp.Type {
	return dlp.Type{
		ID: "sri-lanka-nic", Name: "Sri Lanka National Identity Card Number",
		Group: dlp.Identity, Countries: []string{"lk"},
		About:  "Nine digits and V or X, or twelve digits, with a day of the year, near a keyword.",
		Source: "Department for Registration of Persons",
		Patterns: []dlp.Pattern{
			{Expr: `\d{9}[VXvx]|(?:19|20)\d{10}`, Check: sriLankaNicCheck, Near: dlp.Medium},
		},
		Keywords: []string{
			"nic", "national identity card", "nic no", "nic number", "identity card", "ජාතික හැඳුනුම්පත", "தேசிய அடையாள அட்டை",
		},
		Positives: []string{
			"NIC 942281632v", "NIC 199422801632",
		},
		Negatives: []string{
			"942281632v", "NIC 944681632v",
		},
	}
}

func sriLankaNicCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return (len(d) == 9 || len(d) == 12) && sriLankaDay(d)
}

func sriLankaDay(d []byte) bool {
	at := 2
	if len(d) == 12 {
		at = 4
	}
	n := checksum.Number(d[at:at+3]) % 500
	return n >= 1 && n <= 366
}
