package appprofile_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// examples are values for all of a profile's parameters.
func examples(p *appprofile.Profile) appprofile.Values {
	v := appprofile.Values{}
	for _, q := range p.Params {
		v[q.Name] = q.Example
	}
	return v
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("app")
	if err != nil {
		t.Fatal(err)
	}
	var inFolder, listed []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			inFolder = append(inFolder, id)
		}
	}
	for _, p := range appprofile.All() {
		listed = append(listed, p.App)
		t.Run(p.App, func(t *testing.T) {
			t.Parallel()
			if _, ok := catalog.AppByKey(p.App); !ok {
				t.Error("is no app of the catalogue")
			}
			if !slices.Contains([]model.Evidence{model.EvidenceDocumentation, model.EvidenceRecorded, model.EvidenceLive}, p.Evidence) {
				t.Errorf("evidence %q", p.Evidence)
			}
			if p.Supported() != (p.Evidence == model.EvidenceLive) {
				t.Error("supported without having run")
			}
			if d, err := time.Parse(time.DateOnly, p.Date); err != nil || d.Year() < 2026 {
				t.Errorf("date %q: %v", p.Date, err)
			}
			if len(p.Sources) == 0 || len(p.Limits) == 0 || len(p.Routes) == 0 {
				t.Error("sources, limits or routes are missing")
			}
			for _, s := range p.Sources {
				if !strings.HasPrefix(s, "https://") {
					t.Errorf("source %q", s)
				}
			}
			for _, h := range p.Hosts {
				if h.Why == "" {
					t.Errorf("%s: nothing says what it is for", h.Name)
				}
			}
			for _, f := range p.Further {
				if !strings.HasPrefix(f.Pattern, "*.") || f.Why == "" || f.Role == "" {
					t.Errorf("further host %+v", f)
				}
			}
			in, missing, err := p.Make(examples(p))
			if err != nil {
				t.Fatal(err)
			}
			if len(missing) > 0 {
				t.Errorf("lacks %v", missing)
			}
			in.Tenant = "t1"
			in.Profile = p.Requests
			if in.Route == model.RouteFederated {
				in.Federation.Through = "entra"
			} else if in.Federation.Protocol == "" { // an address that only the customer has
				in.Federation = catalog.Federation{Protocol: "saml", SAML: &catalog.SAMLApp{EntityID: "x", Consumers: []string{"https://" + in.Hosts[0].Name + "/acs"}}}
			}
			if err := in.Validate(); err != nil {
				t.Error(err)
			}
			for _, h := range in.Hosts {
				if s, ok := appprofile.SignInHost(h.Name); ok && h.Role != catalog.RoleSignIn {
					t.Errorf("%s is both a host and where people type passwords: %s", h.Name, s.Why)
				}
			}
		})
	}
	if !slices.Equal(inFolder, listed) {
		t.Errorf("in the folder %v, listed %v", inFolder, listed)
	}
}

func TestMake(t *testing.T) {
	t.Parallel()
	p, err := appprofile.Find("workday")
	if err != nil {
		t.Fatal(err)
	}
	in, missing, err := p.Make(appprofile.Values{"host": "WD5.myworkday.com ", "tenant": "contoso"})
	if err != nil || len(in.Hosts) != 1 || !slices.Equal(missing, []string{"{services}"}) || in.Hosts[0].Name != "wd5.myworkday.com" || in.Federation.SAML.Consumers[0] != "https://wd5.myworkday.com/contoso/login-saml.htmld" {
		t.Errorf("%+v %v", in, err)
	}
	for name, values := range map[string]appprofile.Values{
		"missing": {"host": "wd5.myworkday.com"},
		"unknown": {"host": "wd5.myworkday.com", "tenant": "contoso", "tenent": "x"},
		"hostile": {"host": "wd5.myworkday.com/@evil.example", "tenant": "contoso"},
		"dots":    {"host": "..", "tenant": "contoso"},
		"braces":  {"host": "{tenant}", "tenant": "contoso"},
	} {
		if _, _, err := p.Make(values); !fault.Is(err, fault.Invalid) || fault.Help(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := appprofile.Find("nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	own := catalog.Profile{Downloads: []string{"/own/**"}, Activities: []catalog.Rule{{Path: "/api/chat.update", Type: model.ActivityView}}}
	in := catalog.Instance{App: "slack", Evidence: model.EvidenceDocumentation, Profile: own}
	got := appprofile.Requests(&in)
	if !slices.Contains(got.Downloads, "/own/**") || !slices.Contains(got.Downloads, "/files-pri/**") || got.Activities[0].Type != model.ActivityView {
		t.Errorf("%+v", got)
	}
	if again := appprofile.Requests(&in); len(again.Downloads) != len(got.Downloads) {
		t.Error("the shared profile was changed")
	}
	in.Evidence = model.EvidenceDemo
	if got := appprofile.Requests(&in); len(got.Downloads) != 1 {
		t.Error("a stand-in got the profile of the real app")
	}
}

func TestSignInHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"accounts.google.com": true, "id.atlassian.com": true, "contoso.account.box.com": true, "account.box.com": true,
		"app.box.com": false, "notaccount.box.com": false, "contoso.my.salesforce.com": false,
	} {
		if _, got := appprofile.SignInHost(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}
