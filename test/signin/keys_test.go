package signin_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
)

func (r *rig) keyIDs(t *testing.T) []string {
	t.Helper()
	_, text := r.ask("GET", r.at("contoso", "/oauth/v2/keys"), nil)
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range set.Keys {
		ids = append(ids, k.Kid)
	}
	return ids
}

// TestKeysRoll follows a key from its first warning to its removal. People can sign in at every point.
func TestKeysRoll(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	const day = 24 * time.Hour
	signs := func() {
		t.Helper()
		r.app.set(func() { clear(r.app.visitors) })
		r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
		if err := r.broker.TendKeys(t.Context(), "contoso"); err != nil {
			t.Fatal(err)
		}
	}
	warned := func() (n int) {
		for _, a := range r.rec.of(model.ActivityAdmin) {
			if a.ActionType == "SigningKeyExpires" {
				n++
			}
		}
		return n
	}
	signs()
	first := r.keyIDs(t)
	if len(first) != 1 || warned() != 0 {
		t.Fatalf("at first: %v, %d warnings", first, warned())
	}
	r.clock.Advance(306 * day) // 59 days before the end
	signs()
	both := r.keyIDs(t)
	if len(both) != 2 || both[0] != first[0] || warned() != 1 {
		t.Fatalf("60 days before: %v, %d warnings", both, warned())
	}
	report, err := r.broker.KeyReport(t.Context(), "contoso")
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(report.Old, func(o signin.OldApp) bool { return o.App == "files" }); i < 0 || report.Old[i].Key != first[0] {
		t.Errorf("apps with the old key: %+v", report.Old)
	}
	for i, days := range []time.Duration{30, 24} { // 29 and 5 days before it
		r.clock.Advance(days * day)
		signs()
		signs()
		if got := warned(); got != 2+i {
			t.Errorf("%d warnings, want %d", got, 2+i)
		}
	}
	r.clock.Advance(6 * day) // the next one is in use, the old one still published
	signs()
	if got := warned(); got != 3 {
		t.Errorf("%d warnings in the whole life of a key, want 3", got)
	}
	if got := r.keyIDs(t); len(got) != 2 || got[0] != both[1] {
		t.Fatalf("after the end: %v", got)
	}
	r.clock.Advance(31 * day)
	signs()
	if got := r.keyIDs(t); len(got) != 1 || got[0] != both[1] {
		t.Fatalf("after the overlap: %v", got)
	}
	if report, err = r.broker.KeyReport(t.Context(), "contoso"); err != nil || slices.ContainsFunc(report.Old, func(o signin.OldApp) bool { return o.App == "files" }) {
		t.Errorf("apps with the old key: %+v, %v", report.Old, err)
	}
}

// TestRollByHand publishes a key now and uses it soon.
func TestRollByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	first := r.keyIDs(t)
	k, err := r.broker.Roll(t.Context(), "contoso", signin.KeyOpenID, time.Second)
	if err != nil || k.State != "next" || k.Active.Before(r.now().Add(time.Minute)) {
		t.Fatalf("%+v, %v", k, err)
	}
	if got := r.keyIDs(t); len(got) != 2 || got[0] != first[0] {
		t.Errorf("published %v", got)
	}
	r.clock.Advance(3 * time.Minute)
	if got := r.keyIDs(t); len(got) != 2 || got[0] != k.ID {
		t.Errorf("after it took over: %v", got)
	}
	if _, err := r.broker.Roll(t.Context(), "contoso", "other", 0); err == nil {
		t.Error("a key of no use was made")
	}
}
