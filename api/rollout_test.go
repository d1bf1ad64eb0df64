package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

type standing struct {
	Phase, Confirmed string
	Held             bool
	Waits            []string
	Until            time.Time
	Reads            []struct{ Reader string }
}

func TestRollout(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	for range 3 {
		f.Clock.Advance(time.Minute)
		f.Download(t, "contoso", "dora")
	}
	f.Download(t, "fabrikam", "eve")
	var r struct {
		Report struct {
			Seen, Stopped int
			People        []struct{ Name string }
		}
		Rollout   standing
		Delivered bool
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/policies/block-downloads/report", nil, 200, &r)
	if r.Delivered || r.Report.Seen != 3 || r.Report.Stopped != 3 || len(r.Report.People) != 1 || len(r.Rollout.Reads) != 0 {
		t.Errorf("an analyst's reading: %+v", r)
	}
	if !strings.Contains(strings.Join(r.Rollout.Waits, ";"), "nobody has read") {
		t.Errorf("waits for %q", r.Rollout.Waits)
	}
	f.Want(t, "contoso/operator", "GET", contoso+"/policies/block-downloads/report", nil, 200, &r)
	if !r.Delivered || len(r.Rollout.Reads) != 1 || r.Rollout.Reads[0].Reader != "contoso operator" {
		t.Errorf("an operator's reading: %+v", r)
	}
	if act := last(f, "contoso"); act.Type != model.ActivityReportRead || act.Detail["delivered"] != true {
		t.Errorf("recorded as %+v", act)
	}
	var s standing
	f.Clock.Advance(time.Minute)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{}, 200, &s)
	if s.Phase != "enforce" || len(s.Waits) != 0 {
		t.Errorf("flipped: %+v", s)
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{}, 409, nil)
	f.Want(t, "contoso/operator", "GET", contoso+"/policies/block-downloads/report", nil, 200, &r)
	if r.Report.Stopped != 3 {
		t.Errorf("the report of the phase before is %+v", r.Report)
	}
	f.Clock.Advance(time.Hour)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/back", map[string]any{"why": "sales is stuck"}, 200, &s)
	if s.Phase != "monitor" || !s.Held || len(s.Waits) != 1 {
		t.Errorf("back: %+v", s)
	}
	s = standing{}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/confirm", map[string]any{}, 200, &s)
	if s.Held || s.Confirmed != "contoso operator" || s.Until.IsZero() {
		t.Errorf("confirmed: %+v", s)
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/route-onedrive/flip", map[string]any{}, 409, nil)
	f.Want(t, "contoso/operator", "GET", contoso+"/policies/route-onedrive/report", nil, 200, nil)
}

func TestRolloutAge(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	const status, report = contoso + "/policies/block-downloads/rollout", contoso + "/policies/block-downloads/report"
	waits := func(want string, age time.Duration) {
		t.Helper()
		var s struct {
			Waits []string
			AsOf  time.Time
		}
		f.Want(t, "contoso/analyst", "GET", status, nil, 200, &s)
		if !strings.Contains(strings.Join(s.Waits, ";"), want) || f.Clock.Now().Sub(s.AsOf) != age {
			t.Errorf("at %s: waits for %q as of %s; want %q, %s old", f.Clock.Now(), s.Waits, s.AsOf, want, age)
		}
	}
	for _, user := range []string{"ann", "bob", "carl", "dora"} {
		f.Download(t, "contoso", user)
	}
	waits("4 people would have been stopped", 0)
	f.Download(t, "contoso", "eve")
	f.Clock.Advance(59 * time.Second)
	waits("4 people would have been stopped", 59*time.Second)
	f.Log.Blind(fault.New(fault.Unavailable, "test", "the log is gone"))
	waits("4 people would have been stopped", 59*time.Second)
	f.Want(t, "contoso/analyst", "GET", report, nil, 503, nil)
	f.Clock.Advance(time.Second)
	f.Want(t, "contoso/analyst", "GET", status, nil, 503, nil)
	f.Log.Blind(nil)
	waits("5 people would have been stopped", 0)
	f.Download(t, "contoso", "fay")
	var r struct{ Report struct{ Stopped int } }
	f.Want(t, "contoso/analyst", "GET", report, nil, 200, &r)
	if r.Report.Stopped != 6 {
		t.Errorf("a report goes by an old reading: %+v", r)
	}
	waits("6 people would have been stopped", 0)
	// The other tenant's policy of the same name has a reading of its own.
	var s struct{ Waits []string }
	f.Want(t, "fabrikam/operator", "POST", "/api/v2/tenants/fabrikam/policies/apply", apitest.File(apitest.BlockPolicy, "force", true), 200, nil)
	f.Want(t, "fabrikam/analyst", "GET", "/api/v2/tenants/fabrikam/policies/block-downloads/rollout", nil, 200, &s)
	if len(s.Waits) == 0 || strings.Contains(strings.Join(s.Waits, ";"), "would have been stopped") {
		t.Errorf("fabrikam waits for %q", s.Waits)
	}
	// A policy that is in force, or held, waits for nothing in the log.
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{}, 200, nil)
	f.Log.Blind(fault.New(fault.Unavailable, "test", "the log is gone"))
	f.Want(t, "contoso/analyst", "GET", status, nil, 200, nil)
	f.Clock.Advance(time.Minute)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/back", map[string]any{}, 200, nil)
	waits("put back by hand", 0)
}

func TestRolloutInTheTenantsZone(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	f.Zones = map[model.TenantID]*time.Location{"fabrikam": zone}
	for id, want := range map[string]string{"contoso": "Mon 30 Nov 09:00 UTC", "fabrikam": "Mon 30 Nov 01:00 PST"} {
		var standing struct{ Waits []string }
		path := "/api/v2/tenants/" + id + "/policies"
		f.Want(t, id+"/operator", "POST", path+"/apply", apitest.File(apitest.BlockPolicy, "force", true), 200, nil)
		f.Want(t, id+"/reader", "GET", path+"/block-downloads/rollout", nil, 200, &standing)
		if !strings.Contains(strings.Join(standing.Waits, "\n"), want) {
			t.Errorf("%s waits for %q, want %q", id, standing.Waits, want)
		}
	}
}
