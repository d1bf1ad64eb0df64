package tenant

import (
	"strings"
	"testing"
)

func TestStepUpValidate(t *testing.T) {
	t.Parallel()
	good := StepUp{
		By: StepUpEither, ACR: []string{"urn:mfa"}, Contexts: map[string]Context{"c1": {ACR: "gold"}, "c99": {Passkey: true}}, PasswordURL: "https://id.example/password",
		Terms: []Terms{{ID: "tou", Title: "Terms", Version: "1", Text: "Be kind."}},
	}
	check := func(s StepUp) string {
		v := Tenant{ID: "contoso", Name: "Contoso", StepUp: s}
		if err := v.Validate(); err != nil {
			return err.Error()
		}
		return ""
	}
	if got := check(good); got != "" {
		t.Fatal(got)
	}
	for want, change := range map[string]func(*StepUp){
		"stepUp.by":              func(s *StepUp) { s.By = "mother" },
		"stepUp.acr[0]":          func(s *StepUp) { s.ACR = []string{"two words"} },
		"stepUp.contexts.c0":     func(s *StepUp) { s.Contexts = map[string]Context{"c0": {}} },
		"stepUp.contexts.c2.acr": func(s *StepUp) { s.Contexts = map[string]Context{"c2": {ACR: "a\nb"}} },
		"stepUp.passwordUrl":     func(s *StepUp) { s.PasswordURL = "http://id.example" },
		"stepUp.terms[0].text":   func(s *StepUp) { s.Terms = []Terms{{ID: "a", Title: "b", Version: "1"}} },
		"is there twice":         func(s *StepUp) { s.Terms = append(s.Terms, good.Terms[0], good.Terms[0]) },
	} {
		s := good
		change(&s)
		if got := check(s); !strings.Contains(got, want) {
			t.Errorf("%s: %q", want, got)
		}
	}
	if _, ok := good.Agreement("tou"); !ok {
		t.Error("the agreement is not found")
	}
	if _, ok := good.Agreement("other"); ok {
		t.Error("an agreement that is not there")
	}
}
