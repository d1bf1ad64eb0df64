package signin

import (
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// TestClaimsOf reads what the provider said out of sessions, those of before there was a directory too.
func TestClaimsOf(t *testing.T) {
	t.Parallel()
	contoso := tenant.Tenant{ID: "contoso", Providers: []tenant.Provider{{ID: "okta"}, {ID: "entra"}, {ID: "first", Subjects: tenant.SubjectsPlain}}}
	for _, c := range []struct {
		name    string
		s       session.Session
		subject string
		guest   bool
	}{
		{"kept", session.Session{Claims: &model.Claims{Subject: "oid", User: model.User{ID: "entra:oid"}, Guest: new(bool)}, User: model.User{ID: "x", External: true}}, "oid", false},
		{"before: sub is the subject", session.Session{User: model.User{ID: "okta:00u1", Provider: "okta", External: true}, Auth: model.Authentication{Subject: "00u1"}}, "00u1", true},
		{"before: another claim is", session.Session{User: model.User{ID: "entra:oid", Provider: "entra"}, Auth: model.Authentication{Subject: "pairwise"}}, "oid", false},
		{"before: plain ids", session.Session{User: model.User{ID: "oid", Provider: "first"}, Auth: model.Authentication{Subject: "pairwise"}}, "oid", false},
		{"before: a provider that is gone", session.Session{User: model.User{ID: "gone:x", Provider: "gone"}, Auth: model.Authentication{Subject: "x"}}, "x", false},
	} {
		got := claimsOf(contoso, &c.s)
		if got.Subject != c.subject || got.Guest == nil || *got.Guest != c.guest {
			t.Errorf("%s: %q, %+v", c.name, got.Subject, got)
		}
	}
}
