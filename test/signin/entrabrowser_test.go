package signin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
)

// spaPage is a page of the app that renews its tokens as MSAL does: by a hidden frame with prompt=none.
const spaPage = `<!doctype html><title>spa</title><h1>Renewal</h1><script>
addEventListener("DOMContentLoaded", () => { if (top === self) document.body.dataset.ready = "yes"; });
function renew(to) { const f = document.createElement("iframe"); f.hidden = true; f.src = to; document.body.append(f); return f; }
</script>`

// TestFederatedServe serves the whole stage to browsers, which test/browser/federated.test.mjs starts; it is no test by
// itself. It writes where everything is, and ends with its standard input.
func TestFederatedServe(t *testing.T) {
	if os.Getenv("REFEREE_SERVE_FEDERATED") == "" {
		t.Skip("serves browsers, when test/browser/federated.test.mjs asks for it")
	}
	f := newFederated(t, federatedSetting{policies: route, saml: os.Getenv("REFEREE_SERVE_FEDERATED") == "saml"})
	f.host(sitesHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/spa" {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, spaPage)
			return
		}
		f.files.ServeHTTP(w, r)
	}))
	text, err := json.Marshal(map[string]string{
		"app": f.mapped("contoso", sitesHost), "login": f.mapped("contoso", entraHost), "tenant": entraID, "direct": f.direct(sitesHost), "entra": f.direct(entraHost),
		"root": string(authority().RootPEM()),
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nSTAGE %s\n", text)
	_, _ = io.Copy(io.Discard, os.Stdin)
	for _, err := range f.entra.Refused() {
		t.Error(err)
	}
	if c := f.entra.Credentials(); len(c) > 0 {
		t.Errorf("credential pages were asked for: %v", c)
	}
}
