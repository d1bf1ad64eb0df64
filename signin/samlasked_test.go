package signin

import (
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/saml"
)

func TestClassAsked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	const own = "urn:example:gold"
	plain := model.Authentication{Time: now, ACR: "1"}
	password := model.Authentication{Time: now, AMR: []string{"pwd"}}
	factors := model.Authentication{Time: now, AMR: []string{"pwd", "mfa"}}
	here := model.Authentication{Time: now, Steps: []model.Satisfaction{{Kind: model.StepMFA, At: now}}}
	gold := model.Authentication{Time: now, ACR: own}
	for name, c := range map[string]struct {
		auth   model.Authentication
		by     saml.Comparison
		asked  []string
		want   string // "" where it can't be met
		factor bool   // a second factor would do
	}{
		"no wish":                           {plain, "", nil, saml.ContextUnspecified, false},
		"no wish, the provider's word":      {gold, "", nil, own, false},
		"nobody knows of a password":        {plain, saml.Exact, []string{saml.ContextPassword}, "", false},
		"a password":                        {password, saml.Exact, []string{saml.ContextPassword}, saml.ContextPassword, false},
		"the app's order":                   {password, saml.Exact, []string{own, contextPasswordPlain, saml.ContextPassword}, contextPasswordPlain, false},
		"the provider's word":               {gold, saml.Exact, []string{own}, own, false},
		"another word":                      {gold, saml.Exact, []string{"urn:example:silver"}, "", false},
		"a second factor is missing":        {password, saml.Exact, []string{saml.ContextRefedsMFA}, "", true},
		"a second factor at the provider":   {factors, saml.Exact, []string{saml.ContextRefedsMFA}, saml.ContextRefedsMFA, false},
		"a second factor here":              {here, saml.Exact, []string{saml.ContextEntraMFA}, saml.ContextEntraMFA, false},
		"minimum":                           {factors, saml.Minimum, []string{saml.ContextPassword}, saml.ContextRefedsMFA, false},
		"minimum, too little":               {plain, saml.Minimum, []string{saml.ContextPassword}, "", true},
		"minimum of what nobody can order":  {factors, saml.Minimum, []string{own}, "", false},
		"minimum, the same word":            {gold, saml.Minimum, []string{own}, own, false},
		"better":                            {password, saml.Better, []string{contextPasswordPlain}, saml.ContextPassword, false},
		"better, too little":                {password, saml.Better, []string{saml.ContextPassword}, "", true},
		"better than one that has no order": {factors, saml.Better, []string{saml.ContextPassword, own}, "", false},
		"maximum":                           {factors, saml.Maximum, []string{saml.ContextPassword}, saml.ContextPassword, false},
		"maximum of what has no order":      {password, saml.Maximum, []string{own}, "", false},
	} {
		s := &session.Session{Auth: c.auth}
		inst := catalog.Instance{Federation: catalog.Federation{SAML: &catalog.SAMLApp{}}}
		request := &saml.AuthnRequest{Contexts: c.asked, Comparison: c.by}
		got, ok := classAsked(s, inst, request, now)
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, ok, c.want)
		}
		if got := wantsSecondFactor(s, inst, request, now); got != c.factor {
			t.Errorf("%s: a second factor is asked for: %v", name, got)
		}
		inst.Federation.SAML.IgnoreContexts = true
		if _, ok := classAsked(s, inst, request, now); !ok || wantsSecondFactor(s, inst, request, now) {
			t.Errorf("%s: not passed over", name)
		}
	}
}
