package appcheck

import "strings"

// strictTransport judges HSTS (RFC 6797) and its kin.
func strictTransport(s *seen) []Finding {
	if len(s.trip) == 0 {
		return nil
	}
	v := strings.ToLower(s.trip[0].header.Get("Strict-Transport-Security"))
	if v == "" {
		return []Finding{{Level: Note, Saw: "It doesn't ask browsers for https alone (HSTS).", Does: "Mapped hosts always do."}}
	}
	out := []Finding{{Level: Good, Saw: "It asks browsers for https alone (HSTS).", Does: "Mapped hosts do so with Referee's own terms; the app's are not passed on."}}
	if strings.Contains(v, "preload") {
		out = append(out, Finding{Level: Note, Saw: "Its HSTS asks to be preloaded.", Does: "That is for its own name and doesn't touch mapped hosts."})
	}
	return out
}
