package signin_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
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
	k, err := r.broker.Roll(t.Context(), "contoso", signin.Rolling{Use: signin.KeyOpenID, After: time.Second})
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
	if _, err := r.broker.Roll(t.Context(), "contoso", signin.Rolling{Use: "other"}); err == nil {
		t.Error("a key of no use was made")
	}
}

// TestStolenKey: with --withdraw the old key, and one that was to come later, are soon neither published nor stored, and
// what the old one signed counts for nothing.
func TestStolenKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	old := r.keyIDs(t)
	later, err := r.broker.Roll(t.Context(), "contoso", signin.Rolling{Use: signin.KeyOpenID, After: 40 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	k, err := r.broker.Roll(t.Context(), "contoso", signin.Rolling{Use: signin.KeyOpenID, Withdraw: true})
	if err != nil || !k.Withdraws || k.Active.After(r.now().Add(3*time.Minute)) {
		t.Fatalf("%+v, %v", k, err)
	}
	if got := r.keyIDs(t); !slices.Equal(got, []string{old[0], k.ID}) {
		t.Errorf("at first %v; the old one is %s, the later one %s", got, old[0], later.ID)
	}
	r.clock.Advance(3 * time.Minute)
	if got := r.keyIDs(t); !slices.Equal(got, []string{k.ID}) {
		t.Errorf("after it took over: %v", got)
	}
	if err := r.broker.TendKeys(t.Context(), "contoso"); err != nil {
		t.Fatal(err)
	}
	if stored, err := r.db.SigningKeys(t.Context(), "contoso", signin.KeyOpenID); err != nil || len(stored) != 1 || stored[0].ID != k.ID {
		t.Errorf("stored %+v, %v", stored, err)
	}
	var said []string
	for _, a := range r.rec.of(model.ActivityAdmin) {
		said = append(said, a.ActionType)
	}
	if n := len(slices.DeleteFunc(slices.Clone(said), func(s string) bool { return s != "SigningKeyWithdrawn" })); n != 2 {
		t.Errorf("recorded %v", said)
	}
	r.app.set(func() { clear(r.app.visitors) })
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	// Rolled without it, the old key stays for its overlap.
	next, err := r.broker.Roll(t.Context(), "contoso", signin.Rolling{Use: signin.KeyOpenID, After: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(3 * time.Minute)
	if got := r.keyIDs(t); !slices.Equal(got, []string{next.ID, k.ID}) {
		t.Errorf("rolled as usual: %v", got)
	}
}

// TestFirstRecord: the record of before keys rolled gives its key and its secret, and is then gone: a key that it holds
// could not be withdrawn.
func TestFirstRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	der, err := x509.MarshalPKCS8PrivateKey(idpKey())
	if err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte{7}, 32)
	text, err := json.Marshal(map[string]any{"id": "old-key", "pkcs8": der, "crypto": secret})
	if err != nil {
		t.Fatal(err)
	}
	place := func(id string) []byte { return []byte("contoso\x00key\x00" + id) }
	sealed, err := r.vault.Seal("contoso", "signin-flow", text, place("current"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.db.PutFlow(t.Context(), signin.Flow{ID: "current", Tenant: "contoso", Kind: signin.FlowKey, Sealed: sealed}); err != nil {
		t.Fatal(err)
	}
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	if got := r.keyIDs(t); !slices.Equal(got, []string{"old-key"}) {
		t.Errorf("published %v", got)
	}
	for range 2 {
		if err := r.broker.TendKeys(t.Context(), "contoso"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.db.Flow(t.Context(), "contoso", signin.FlowKey, "current", r.now()); !fault.Is(err, fault.NotFound) {
		t.Errorf("the record of before is still there: %v", err)
	}
	kept, err := r.db.Flow(t.Context(), "contoso", signin.FlowKey, "secret", r.now())
	if err != nil {
		t.Fatal(err)
	}
	if text, err = r.vault.Open("contoso", "signin-flow", kept.Sealed, place("secret")); err != nil || bytes.Contains(text, []byte("pkcs8")) {
		t.Errorf("kept %q, %v", text, err)
	}
	var got struct{ Crypto []byte }
	if err := json.Unmarshal(text, &got); err != nil || !bytes.Equal(got.Crypto, secret) {
		t.Error("the secret is another one: names that apps know would change")
	}
	r.app.set(func() { clear(r.app.visitors) })
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	if got := r.keyIDs(t); !slices.Equal(got, []string{"old-key"}) {
		t.Errorf("published %v", got)
	}
}

// TestFetchedByAnybody: whoever fetches an app's metadata does not make it known as an app that has the newest key, and is
// stopped when it is too often.
func TestFetchedByAnybody(t *testing.T) {
	t.Parallel()
	r, _, _ := samlRig(t, "", nil)
	fetch := func() int {
		res, _ := r.ask("GET", r.at("contoso", "/saml/metadata?app=notes"), nil)
		return res.StatusCode
	}
	old := func() *signin.OldApp {
		t.Helper()
		report, err := r.broker.KeyReport(t.Context(), "contoso")
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(report.Old, func(o signin.OldApp) bool { return o.App == "notes" }); i >= 0 {
			return &report.Old[i]
		}
		return nil
	}
	if fetch() != 200 || old() != nil {
		t.Errorf("with one key: %+v", old())
	}
	if _, err := r.broker.Roll(t.Context(), "contoso", signin.Rolling{Use: signin.KeySAML, After: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if o := old(); o == nil || o.Perhaps {
		t.Errorf("rolled: %+v", o)
	}
	if fetch() != 200 {
		t.Error("not given")
	}
	if o := old(); o == nil || !o.Perhaps {
		t.Errorf("fetched by anybody: %+v", o)
	}
	n := 0
	for n = range 2000 {
		if fetch() == 429 {
			break
		}
	}
	if n > 1000 {
		t.Errorf("%d fetched", n)
	}
}
