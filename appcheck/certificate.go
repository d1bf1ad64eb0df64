package appcheck

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// soon is how long before its end a certificate is worth a word.
const soon = 21 * 24 * time.Hour

// certificate judges the chains of the app's own hosts: complete, in time, for the name, from a known authority.
func certificate(s *seen) []Finding {
	var out []Finding
	for _, host := range slices.Sorted(maps.Keys(s.certificates)) {
		c := s.certificates[host]
		if !s.own(host) || len(c.sent) == 0 {
			continue
		}
		leaf := c.sent[0]
		switch {
		case c.err != nil:
			out = append(out, Finding{Level: Problem, Saw: host + ": the certificate doesn't hold: " + short(c.err.Error()), Does: "Referee refuses it, as browsers do. Have it mended; for an authority of your own, name its roots in the instance's caFile."})
		case len(c.added) > 0:
			var names []string
			for _, a := range c.added {
				names = append(names, short(a.Subject.String()))
			}
			out = append(out, Finding{Level: Warning, Saw: host + ": the chain is incomplete: it lacks " + strings.Join(names, "; "), Does: "Referee fetches what is missing from the address in the certificate, and says so (activity appChain). Tell the app's operator: it fails whenever that address doesn't answer."})
		}
		if left := leaf.NotAfter.Sub(s.now); c.err == nil && left < soon {
			out = append(out, Finding{Level: Warning, Saw: fmt.Sprintf("%s: the certificate ends on %s", host, leaf.NotAfter.UTC().Format(time.DateOnly)), Does: "Nothing, while it holds. See that it is renewed by itself."})
		}
	}
	if len(out) == 0 && len(s.certificates) > 0 {
		out = append(out, Finding{Level: Good, Saw: "The certificates hold, with their whole chains.", Does: "Nothing to do."})
	}
	return out
}

// revocation judges what the authority says of the host's certificate.
func revocation(s *seen) []Finding {
	switch {
	case s.stapleBad:
		return []Finding{{Level: Problem, Saw: s.host + ": " + s.staple, Does: "Referee doesn't ask at each connection, nor do browsers: have the certificate replaced."}}
	case s.staple == "":
		return []Finding{{Level: Good, Saw: "The authority says that the certificate was not taken back.", Does: "Nothing to do."}}
	}
	return []Finding{{Level: Note, Saw: "Whether the certificate was taken back " + s.staple + ".", Does: "Nothing: the gateway goes by the chain and its time."}}
}
