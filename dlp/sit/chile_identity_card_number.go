package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func chileIdentityCardNumber() dlp.Type {
	return dlp.Type{
		ID: "chile-identity-card-number", Name: "Chile Identity Card Number", GUID: "4e979794-49a0-407e-a0b9-2c536937b925",
		Group: dlp.Identity, Countries: []string{"cl"},
		About:  "Seven or eight digits and a check character modulo 11.",
		Source: "Servicio de Registro Civil, RUN",
		Patterns: []dlp.Pattern{
			{Expr: `\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]`, Check: chileRut, Alone: dlp.Medium, Near: dlp.High},
		},
		Keywords: []string{
			"rut", "run", "rut#", "rol único nacional", "rol único tributario", "cédula de identidad", "número de identificación", "identificación",
			"tarjeta de identificación", "carnet", "national identification",
		},
		Positives: []string{
			"RUT 76086428-5", "12.531.909-2",
		},
		Negatives: []string{
			"12.531.909-3",
		},
	}
}

func chileRut(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m[:len(m)-1])
	sum, w := 0, 2
	for i := len(d) - 1; i >= 0; i-- {
		sum += int(d[i]) * w
		if w++; w > 7 {
			w = 2
		}
	}
	return !checksum.Same(d) && "0K987654321"[sum%11] == m[len(m)-1]&^(m[len(m)-1]>>1&0x20)
}
