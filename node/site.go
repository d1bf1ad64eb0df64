package node

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// registrable returns a host's registrable domain, "" if it has none. Browsers treat "localhost" as a public
// suffix, so names below it are apart from each other as on the internet.
func registrable(host string) string {
	if labels := strings.Split(host, "."); labels[len(labels)-1] == "localhost" {
		if len(labels) < 2 {
			return "localhost"
		}
		return strings.Join(labels[len(labels)-2:], ".")
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return d
}
