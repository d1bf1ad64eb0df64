package saml

import (
	"crypto"
	"reflect"
	"testing"
	"time"
)

var wanted = Expect{RequestID: "_request1"}

func TestSignInByEachProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pair string
		hash crypto.Hash
		set  func(*Issue, *ServiceProvider)
	}{
		"both signed":           {"provider", 0, nil},
		"SHA-384":               {"provider", crypto.SHA384, nil},
		"SHA-512":               {"provider", crypto.SHA512, nil},
		"P-256":                 {"p256", 0, nil},
		"P-384":                 {"p384", crypto.SHA384, nil},
		"P-521":                 {"p521", crypto.SHA512, nil},
		"assertion signed":      {"provider", 0, func(is *Issue, _ *ServiceProvider) { is.Settings.UnsignedResponse = true }},
		"response signed":       {"provider", 0, func(is *Issue, _ *ServiceProvider) { is.Settings.UnsignedAssertion = true }},
		"both required":         {"provider", 0, func(_ *Issue, sp *ServiceProvider) { sp.RequireSignedAssertion, sp.RequireSignedResponse = true, true }},
		"encrypted":             {"provider", 0, func(is *Issue, sp *ServiceProvider) { is.Settings.Encrypt, sp.RequireEncrypted = true, true }},
		"encrypted, AES-128":    {"provider", 0, func(is *Issue, _ *ServiceProvider) { is.Settings.Encrypt, is.Settings.Encryption = true, AES128GCM }},
		"encrypted, one inside": {"provider", 0, func(is *Issue, _ *ServiceProvider) { is.Settings.Encrypt, is.Settings.UnsignedResponse = true, true }},
		"encrypted, one around": {"provider", 0, func(is *Issue, _ *ServiceProvider) { is.Settings.Encrypt, is.Settings.UnsignedAssertion = true, true }},
		"second pin": {"next", 0, func(_ *Issue, sp *ServiceProvider) {
			sp.Provider.Provider.Signing = append(provider("provider").Provider.Signing, keys()["next"].Certificate)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			idp, sp, is := contoso(c.pair), broker(), alice()
			idp.Hash, sp.Provider = c.hash, provider(c.pair)
			if c.set != nil {
				c.set(&is, sp)
			}
			m, err := idp.Respond(is)
			if err != nil {
				t.Fatal(err)
			}
			if m.URL != consumerAt || m.Relay != "flow-1" || m.Param != "SAMLResponse" {
				t.Errorf("the message goes to %q with RelayState %q as %s", m.URL, m.Relay, m.Param)
			}
			got, err := sp.VerifyResponse(incoming(t, &m.Message), wanted)
			if err != nil {
				t.Fatal(err)
			}
			if got.NameID != is.NameID || !reflect.DeepEqual(got.Attributes, is.Attributes) || got.Context != ContextPassword || got.SessionIndex != "_s1" ||
				!got.AuthnInstant.Equal(is.AuthnInstant) || !got.SessionEnd.Equal(is.SessionEnd) || got.InResponseTo != "_request1" ||
				got.AssertionID != m.AssertionID || got.ResponseID != m.ID || got.Encrypted != is.Settings.Encrypt || len(got.Warnings) > 0 {
				t.Errorf("read %+v", got)
			}
			if got.Replay.Key != "assertion\n"+providerID+"\n"+m.AssertionID || got.Replay.Until.Before(now.Add(5*time.Minute)) {
				t.Errorf("replay key %+v", got.Replay)
			}
		})
	}
}

func TestRequestReachesProvider(t *testing.T) {
	t.Parallel()
	for _, binding := range []Binding{Redirect, Post} {
		sp, idp := broker(), contoso("provider")
		sp.SignRequests = true
		hint := NameID{Value: "alice@contoso.example", Format: FormatEmail}
		m, err := sp.Request(RequestOptions{
			Binding: binding, ForceAuthn: true, Contexts: []string{ContextRefedsMFA, ContextPassword}, Comparison: Minimum,
			NameIDFormat: FormatPersistent, AllowCreate: true, Hint: &hint, Relay: "a/b?c=d&e=f",
		})
		if err != nil {
			t.Fatal(err)
		}
		idp.RefuseUnsigned = true
		r, err := idp.ParseRequest(incoming(t, m), finder(us()))
		if err != nil {
			t.Fatal(binding, err)
		}
		if r.ID != m.ID || !r.ForceAuthn || r.Passive || !r.Signed || r.Comparison != Minimum || len(r.Contexts) != 2 || r.NameIDFormat != FormatPersistent ||
			*r.Hint != hint || r.Relay != "a/b?c=d&e=f" || r.Consumer.Location != consumerAt {
			t.Errorf("%s: read %+v", binding, r)
		}
	}
}

func TestMetadataBothWays(t *testing.T) {
	t.Parallel()
	sp, idp := broker(), contoso("provider")
	sp.Keys = append(sp.Keys, keys()["next"])
	document, err := sp.Metadata(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ReadMetadata(document, MetadataOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != brokerID || len(e.App.Signing) != 2 || len(e.App.Encryption) != 2 || e.App.Consumers[0].Location != consumerAt || len(e.App.Logout) != 2 || !e.ValidUntil.Equal(now.Add(time.Hour)) {
		t.Errorf("read %+v", e.App)
	}
	if document, err = idp.Metadata(0); err != nil {
		t.Fatal(err)
	}
	e, err = ReadMetadata(document, MetadataOptions{Now: now, Signers: idp.certificates()})
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != providerID || len(e.Provider.Signing) != 1 || len(e.Provider.SignOn) != 2 || !e.ValidUntil.IsZero() {
		t.Errorf("read %+v", e.Provider)
	}
}

func TestLogoutBothWays(t *testing.T) {
	t.Parallel()
	sp, idp := broker(), contoso("provider")
	name := NameID{Value: "alice@contoso.example", Format: FormatEmail}
	for _, binding := range []Binding{Redirect, Post} {
		m, err := sp.RequestLogout(sp.Provider, RoleProvider, binding, name, []string{"_s1", "_s2"}, "x")
		if err != nil {
			t.Fatal(err)
		}
		r, err := idp.ParseLogoutRequest(incoming(t, m), RoleApp, finder(us()))
		if err != nil {
			t.Fatal(binding, err)
		}
		if !r.NameID.Same(name) || len(r.SessionIndexes) != 2 || r.Relay != "x" {
			t.Errorf("read %+v", r)
		}
		for _, partial := range []bool{false, true} {
			answer, err := idp.AnswerLogout(r, RoleApp, partial)
			if err != nil {
				t.Fatal(err)
			}
			got, err := sp.ParseLogoutResponse(incoming(t, answer), RoleProvider, sp.Provider, m.ID)
			if err != nil || got.Partial != partial || got.Relay != "x" {
				t.Errorf("%s: %+v, %v", binding, got, err)
			}
		}
	}
}
