package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func ukraineTaxNumber() dlp.Type {
	return dlp.Type{
		ID: "ukraine-tax-number", Name: "Ukraine Taxpayer Number (RNTRC)",
		Group: dlp.Tax, Countries: []string{"ua"},
		About:  "Ten digits: days since 1899, serial number, check digit modulo 11.",
		Source: "Податковий кодекс України",
		Patterns: []dlp.Pattern{
			{Expr: `\d{10}`, Check: ukraineTaxNumberCheck, Near: dlp.High},
		},
		Keywords: []string{
			"рнокпп", "ідентифікаційний номер", "ідентифікаційний код", "іпн", "інн", "податковий номер", "облікової картки", "taxpayer card", "rntrc",
		},
		Positives: []string{
			"РНОКПП 1759013776",
		},
		Negatives: []string{
			"1759013776", "РНОКПП 1759013777",
		},
	}
}

func ukraineTaxNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 10 && !checksum.Same(d) && (checksum.Sum(d, -1, 5, 7, 9, 4, 6, 10, 5, 7)%11+11)%11%10 == int(d[9])
}
