package api_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
)

// TestNoPasswordHosts tries to put hosts behind the gateway where people type a vendor's passwords.
func TestNoPasswordHosts(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/files", apitest.FilesApp, 200, nil)
	with := func(route, host, role string) string {
		return `{"app":"google","name":"Google","route":"` + route + `","hosts":[{"name":"drive.google.com","role":"app"},{"name":"` + host + `","role":"` + role + `"}],` +
			`"federation":{"protocol":"saml","saml":{"entityId":"google.com/a/contoso.com","consumers":["https://drive.google.com/acs"]}}}`
	}
	for _, host := range []string{"accounts.google.com", "contoso.account.box.com"} {
		got := f.Want(t, "contoso/operator", "PUT", contoso+"/apps/google", with("sso", host, "app"), 422, nil)
		if text := string(got.Body); !strings.Contains(text, host) || !strings.Contains(text, "hosts[1].name") || !strings.Contains(text, "passwords") {
			t.Errorf("%s: %s", host, text)
		}
	}
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/google", with("sso", "docs.google.com", "app"), 200, nil)
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/native", strings.Replace(with("native", "accounts.google.com", "app"), "drive.google.com", "mail.google.com", 2), 200, nil)
}
