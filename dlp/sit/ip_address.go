package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func ipAddress() dlp.Type {
	return dlp.Type{
		ID: "ip-address", Name: "IP Address", GUID: "1daa4ad5-e2dd-4ca4-a788-54722c09efb2",
		Group:  dlp.Contact,
		About:  "An address of version 4 or 6.",
		Source: "RFC 791; RFC 4291",
		Patterns: []dlp.Pattern{
			{Expr: `(?:\d{1,3}\.){3}\d{1,3}`, Check: ipAddressV4Check, Alone: dlp.Low, Near: dlp.High},
			{Expr: `[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}`, Check: ipAddressV6Check, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"ip", "ip address", "ipv4", "ipv6", "ipaddress", "host", "server", "client", "remote addr", "address", "gateway", "ip-adresse", "adresse ip", "ip地址",
		},
		Proximity: 60,
		Positives: []string{
			`IP 192.0.2.17`,
			`2001:db8:85a3::8a2e:370:7334`,
		},
		Negatives: []string{
			`1.2.3`,
			`12:34:56`,
		},
	}
}
