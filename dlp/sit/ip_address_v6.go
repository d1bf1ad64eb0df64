package sit

import (
	"bytes"
	"net/netip"

	"github.com/referee-casb/referee/dlp"
)

func ipAddressV6() dlp.Type {
	return dlp.Type{
		ID: "ip-address-v6", Name: "IP Address v6", GUID: "3f691089-7413-4926-ab3b-3c5ea8a1c17e",
		Group:  dlp.Contact,
		About:  "Hexadecimal groups with colons that parse as an address.",
		Source: "RFC 4291; RFC 5952",
		Patterns: []dlp.Pattern{
			{Expr: `[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}`, Check: ipAddressV6Check, Alone: dlp.Low, Near: dlp.High},
		},
		Keywords: []string{
			"ip", "ip address", "ipv6", "ipaddress", "host", "server", "client", "remote addr", "address", "gateway", "ip-adresse", "adresse ip", "ip地址",
		},
		Proximity: 60,
		Positives: []string{
			"2001:db8:85a3::8a2e:370:7334", "IPv6 2001:db8::1",
		},
		Negatives: []string{
			"12:34:56", "aa:bb:cc:dd:ee:ff", "1:2:3",
		},
	}
}

// ipAddressV6Check asks for a group of three digits or more, which times of day and hardware addresses lack.
func ipAddressV6Check(m []byte) bool {
	long := false
	for _, group := range bytes.Split(m, []byte(":")) {
		long = long || len(group) > 2
	}
	if !long {
		return false
	}
	a, err := netip.ParseAddr(string(m))
	return err == nil && a.Is6() && !a.IsLoopback()
}
