package appcheck

import (
	"regexp"
	"strings"
)

// hostBound are things that hold for one host name alone, and what becomes of them at a mapped host.
var hostBound = []struct {
	find  *regexp.Regexp
	level Level
	saw   string
	does  string
}{
	{regexp.MustCompile(`navigator\.credentials\.(?:get|create)\(|PublicKeyCredential`), Warning, "It uses passkeys or security keys (WebAuthn)", "Keys are bound to the real host and don't work at a mapped one. Have people sign in at Referee instead, which has passkeys of its own."},
	{regexp.MustCompile(`(?i)google\.com/recaptcha|hcaptcha\.com/1/api|challenges\.cloudflare\.com/turnstile`), Warning, "It asks people to prove that they are none (captcha)", "The site key may be bound to the real host: allow the mapped host at the captcha's service, or switch the captcha off for people who signed in."},
	{regexp.MustCompile(`(?i)maps\.googleapis\.com/maps/api/js`), Note, "It shows maps with a key", "The key may be bound to the real host: allow the mapped host at the maps' service."},
	{regexp.MustCompile(`(?i)AWS4-HMAC-SHA256|aws-sdk|SignatureV4`), Warning, "Its scripts sign requests to AWS", "The signature has the host in it: hosts that such requests go to can't be mapped, and are reached directly."},
	{regexp.MustCompile(`(?i)firebaseapp\.com|authDomain\s*:`), Note, "It uses Firebase", "Allow the mapped host among Firebase's authorised domains, if it signs people in there."},
	{regexp.MustCompile(`location\.host(?:name)?\s*[!=]==?\s*["']`), Note, "A script compares the page's host name", "It sees the mapped name there. Where it cuts the name at its dots, list the host with dotted: true; try what depends on the name."},
	{regexp.MustCompile(`document\.domain\s*=[^=]`), Note, "A script widens the page's origin (document.domain)", "Browsers are ending that. At mapped hosts it works only where the instance's hosts keep their dots (dotted: true)."},
	{regexp.MustCompile(`new\s+RTCPeerConnection`), Note, "It makes calls (WebRTC)", "Media goes past any web proxy and is not seen."},
}

// hostKeys judges what is bound to the real host.
func hostKeys(s *seen) []Finding {
	var out []Finding
	for _, h := range hostBound {
		if at, found := s.anyScript(func(t string) bool { return h.find.MatchString(t) }); found {
			out = append(out, Finding{Level: h.level, Saw: h.saw + " (" + at + ").", Does: h.does})
			continue
		}
		for _, at := range s.page.scripts {
			if h.find.MatchString(at) {
				out = append(out, Finding{Level: h.level, Saw: h.saw + " (" + short(strings.SplitN(at, "?", 2)[0]) + ").", Does: h.does})
				break
			}
		}
	}
	if len(out) == 0 {
		out = append(out, Finding{Level: Good, Saw: "Nothing was seen that holds for the real host name alone.", Does: "Nothing to do."})
	}
	return out
}
