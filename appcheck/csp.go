package appcheck

import (
	"strings"
)

// contentPolicy judges the content security policy of the first page.
func contentPolicy(s *seen) []Finding {
	a := s.last()
	if a == nil {
		return nil
	}
	policies := a.header.Values("Content-Security-Policy")
	if s.page.metaCSP != "" {
		policies = append(policies, s.page.metaCSP)
	}
	var out []Finding
	for _, p := range policies {
		lower := strings.ToLower(p)
		f := Finding{Level: Note, Saw: "It has a content security policy.", Does: "Referee edits it: real hosts become mapped ones, and its own script is let in by nonce or hash. The rest stays in force."}
		if strings.Contains(lower, "require-trusted-types-for") {
			f.Saw, f.Does = "It asks for Trusted Types.", "Referee's script makes its values through a policy of its own, which the edited policy names."
		}
		if strings.Contains(lower, "sandbox") && !strings.Contains(lower, "allow-same-origin") {
			f.Level, f.Saw, f.Does = Warning, "Its policy puts the page in a sandbox without its own origin.", "Referee's script has no cookies there: what only the page sees is not enforced on it."
		}
		out = append(out, f)
	}
	if len(policies) == 0 {
		out = append(out, Finding{Level: Good, Saw: "It has no content security policy.", Does: "Nothing to edit."})
	}
	if s.page.integers > 0 {
		out = append(out, Finding{Level: Note, Saw: "Elements of its page have hashes (subresource integrity).", Does: "Those of hosts that are not mapped stay. Of files that are rewritten the gateway checks the original against them, and the page gets the hash of what it serves."})
	}
	for name, does := range map[string]string{
		"Cross-Origin-Embedder-Policy": "It goes on as it is; hosts that a page embeds have to be listed in the instance, so that their answers allow it.",
		"Cross-Origin-Opener-Policy":   "It goes on as it is: mapped hosts of an app stand to each other as the real ones do.",
	} {
		if v := a.header.Get(name); v != "" {
			out = append(out, Finding{Level: Note, Saw: "It sends " + name + ": " + short(v) + ".", Does: does})
		}
	}
	return out
}
