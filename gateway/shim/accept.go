package shim

import "strings"

// Mark is added to Accept by the script when a page asked for no credentials ("omit", or
// "same-origin" to a sibling host) and the script sends them all the same, so that the gateway
// knows the session. It costs no preflight, as any value of Accept is free of one.
const Mark = "application/vnd.referee.anonymous;q=0"

// TakeMark removes the mark from a value of Accept. True means: use the cookies for Referee's own
// session only, send the app none from the jar, store none from its answer, and answer CORS as
// credentialed (the origin named, Allow-Credentials: true) where the app's answer allows "*" or
// that origin.
func TakeMark(accept string) (string, bool) {
	if !strings.Contains(accept, "vnd.referee.") {
		return accept, false
	}
	found := false
	kept := make([]string, 0, 4)
	for part := range strings.SplitSeq(accept, ",") {
		part = strings.TrimSpace(part)
		if strings.EqualFold(strings.ReplaceAll(part, " ", ""), Mark) {
			found = true
			continue
		}
		kept = append(kept, part)
	}
	if !found {
		return accept, false
	}
	return strings.Join(kept, ", "), true
}
