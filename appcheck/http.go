package appcheck

import "strings"

// httpVersions judges the versions of HTTP.
func httpVersions(s *seen) []Finding {
	c := s.certificates[s.host]
	if c == nil || len(s.trip) == 0 {
		return nil
	}
	var out []Finding
	if c.alpn == "h2" {
		out = append(out, Finding{Level: Good, Saw: "It speaks HTTP/2.", Does: "Referee speaks it to the app, and to browsers."})
	} else {
		out = append(out, Finding{Level: Note, Saw: "It speaks HTTP/1.1.", Does: "Referee speaks that to the app, and HTTP/2 to browsers."})
	}
	if strings.Contains(s.trip[0].header.Get("Alt-Svc"), "h3") {
		out = append(out, Finding{Level: Note, Saw: "It offers HTTP/3 (Alt-Svc).", Does: "Referee drops the offer, which names the real host: browsers would go past the gateway."})
	}
	if a := s.last(); a.cut {
		out = append(out, Finding{Level: Note, Saw: "Its first page is longer than 4 MiB; the rest was not read here.", Does: "The gateway rewrites pages of any length as they come."})
	}
	return out
}
