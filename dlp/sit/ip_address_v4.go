package sit

import (
	"net/netip"

	"github.com/referee-casb/referee/dlp"
)

func ipAddressV4() dlp.Type {
	return dlp.Type{
		ID: "ip-address-v4", Name: "IP Address v4", GUID: "a7dd5e5f-e7f9-4626-a2c6-86a8cb6830d2",
		Group:  dlp.Contact,
		About:  "Four decimal numbers of at most 255 with dots.",
		Source: "RFC 791; RFC 4632",
		Patterns: []dlp.Pattern{
			{Expr: `(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`, Check: ipAddressV4Check, Alone: dlp.Low, Near: dlp.High, Without: []string{
				"version", "chapter", "section",
			}},
		},
		Keywords: []string{
			"ip", "ip address", "ip addr", "ipv4", "ip-address", "ipaddress", "host", "server", "client", "remote addr", "address", "gateway", "netmask",
			"subnet", "dns", "ip-adresse", "adresse ip", "dirección ip", "indirizzo ip", "endereço ip", "ip地址", "アドレス", "주소",
		},
		Proximity: 60,
		Positives: []string{
			"client ip address 203.0.113.9", "198.51.100.7",
		},
		Negatives: []string{
			"256.1.1.1", "1.2.3", "version 1.2.3.4", "0.0.0.0",
		},
	}
}

func ipAddressV4Check(m []byte) bool {
	a, err := netip.ParseAddr(string(m))
	return err == nil && !a.IsUnspecified() && !a.IsLoopback() && string(m) != "255.255.255.255"
}
