package sit

import (
	"bytes"
	"crypto/sha256"

	"github.com/referee-casb/referee/dlp"
)

func bitcoinAddress() dlp.Type {
	return dlp.Type{
		ID: "bitcoin-address", Name: "Bitcoin Address",
		Group:  dlp.Financial,
		About:  "A base58 address with its check sum of four bytes, or a bech32 address near a keyword.",
		Source: "Bitcoin developer reference, Base58Check",
		Patterns: []dlp.Pattern{
			{Expr: `[13][1-9A-HJ-NP-Za-km-z]{25,34}`, Check: bitcoinAddressCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `bc1[02-9ac-hj-np-z]{11,71}`, Check: random3, Near: dlp.Medium},
		},
		Keywords: []string{
			"bitcoin", "btc", "wallet", "bitcoin address", "crypto",
		},
		Positives: []string{
			"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
		},
		Negatives: []string{
			"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
		},
	}
}

// bitcoinAddressCheck decodes base 58 to the 25 bytes of an address, whose last four are a double SHA-256 of the rest.
func bitcoinAddressCheck(m []byte) bool {
	const order = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	var out [25]byte
	for _, c := range m {
		carry := bytes.IndexByte([]byte(order), c)
		for i := len(out) - 1; i >= 0; i-- {
			carry += 58 * int(out[i])
			out[i], carry = byte(carry), carry>>8
		}
		if carry > 0 {
			return false
		}
	}
	first := sha256.Sum256(out[:21])
	second := sha256.Sum256(first[:])
	return bytes.Equal(second[:4], out[21:])
}
