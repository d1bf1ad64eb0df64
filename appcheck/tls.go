package appcheck

import "crypto/tls"

// tlsVersions judges the versions that the host speaks.
func tlsVersions(s *seen) []Finding {
	var out []Finding
	modern := s.versions[tls.VersionTLS12] == "" || s.versions[tls.VersionTLS13] == ""
	switch {
	case !modern:
		return []Finding{{Level: Problem, Saw: "It speaks neither TLS 1.2 nor 1.3.", Does: "Referee speaks nothing older: have the app's server brought up to date."}}
	case s.versions[tls.VersionTLS13] != "":
		out = append(out, Finding{Level: Note, Saw: "It speaks TLS 1.2 and not 1.3.", Does: "Referee speaks 1.2 to the app; browsers speak 1.3 to Referee."})
	default:
		out = append(out, Finding{Level: Good, Saw: "It speaks TLS 1.3.", Does: "Referee speaks it too."})
	}
	for _, v := range tlsNames[:2] {
		if s.versions[v.version] == "" {
			out = append(out, Finding{Level: Note, Saw: "It still takes TLS " + v.name + ".", Does: "Referee never speaks it."})
		}
	}
	return out
}
