package signin

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// maxState bounds how much of an app's state parameter is looked at.
const maxState = 4096

// deepLink looks for the page that an app wants to return to in its state parameter: many apps put a path or
// an address there, bare, percent-encoded, as base64url or as one field of a JSON object. It returns a path,
// an https address, or "". What it returns is only ever mapped to a host of the same app.
func deepLink(state string) string {
	if state == "" || len(state) > maxState {
		return ""
	}
	for _, s := range []string{state, unescaped(state), decoded(state)} {
		if link := asLink(s); link != "" {
			return link
		}
		var fields map[string]any
		if json.Unmarshal([]byte(s), &fields) != nil {
			continue
		}
		for _, key := range returnKeys {
			if v, ok := fields[key].(string); ok && asLink(v) != "" {
				return asLink(v)
			}
		}
	}
	return ""
}

// returnKeys are the names by which apps commonly keep a return address.
var returnKeys = []string{"return_to", "returnTo", "returnUrl", "return_url", "redirect", "redirect_to", "redirectTo", "next", "target", "from", "url", "path"}

func asLink(s string) string {
	if strings.ContainsAny(s, "\\\r\n\t ") {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.User != nil:
		return ""
	case u.Scheme == "https" && u.Host != "":
		return s
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && len(s) > 1:
		return s
	}
	return ""
}

func unescaped(s string) string {
	u, err := url.QueryUnescape(s)
	if err != nil {
		return ""
	}
	return u
}

func decoded(s string) string {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return ""
	}
	return string(b)
}
