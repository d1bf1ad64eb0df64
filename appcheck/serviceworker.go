package appcheck

import "strings"

// serviceWorker judges whether pages bring a service worker.
func serviceWorker(s *seen) []Finding {
	at, found := s.anyScript(func(t string) bool { return strings.Contains(t, "serviceWorker") && strings.Contains(t, ".register(") })
	switch {
	case found:
		return []Finding{{Level: Note, Saw: "It registers a service worker (" + at + ").", Does: "Workers are rewritten and get Referee's script first; one of a session that ended is removed. Under level strict it keeps nothing of what is blocked."}}
	case s.page.worker:
		return []Finding{{Level: Note, Saw: "It is an installable web app (manifest), and may register a service worker after sign-in.", Does: "Workers are rewritten and get Referee's script first."}}
	}
	return []Finding{{Level: Good, Saw: "No service worker was seen before sign-in.", Does: "Nothing to do."}}
}
