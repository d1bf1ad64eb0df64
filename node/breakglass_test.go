package node

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
)

// deafBus takes nothing of one tenant, and keeps the rest.
type deafBus struct {
	bus.Bus
	to  model.TenantID
	got []bus.Message
}

func (b *deafBus) Publish(_ context.Context, messages ...bus.Message) error {
	for _, m := range messages {
		if m.Tenant == b.to {
			return fault.New(fault.Unavailable, "test", "no room for %s", m.Tenant)
		}
		b.got = append(b.got, m)
	}
	return nil
}

// TestBypassIsNotedWhenItHasSettled: a sign-in that another process let past the gateway shortly after an early end is ended
// with the others.
func TestBypassIsNotedWhenItHasSettled(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "referee.db"), sqlite.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
		t.Fatal(err)
	}
	b := tenant.Bypass{ID: "bp-1", Tenant: "contoso", Reason: "white pages", By: "ada", Begun: now.Add(-time.Minute), Ends: now.Add(time.Hour)}
	if err := db.PutBypass(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if _, err := db.EndBypass(t.Context(), "contoso", "bp-1", "ada", now); err != nil {
		t.Fatal(err)
	}
	ear := &deafBus{}
	broker, err := signin.New(signin.Config{Origin: "https://signin.example.com"}, signin.Parts{Sessions: db, SignIns: db, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{
		options: Options{Now: clock}, log: slog.New(slog.DiscardHandler), DB: db, Tenants: tenant.NewDirectory(), broker: broker,
		Recorder: activitylog.NewRecorder(ear, activitylog.RecorderOptions{Now: clock}),
	}
	for _, step := range []struct {
		after time.Duration
		noted int
	}{{0, 0}, {9 * time.Second, 0}, {10 * time.Second, 1}, {11 * time.Second, 1}} {
		now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Add(step.after)
		if err := n.noteBreakGlass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(ear.got) != step.noted {
			t.Errorf("%s after the end %d are on record, want %d", step.after, len(ear.got), step.noted)
		}
	}
}

// TestOneTenantHidesNoOther: what can't be told to one tenant's log is told to the others', and to the first as soon as it
// can be, once each.
func TestOneTenantHidesNoOther(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "referee.db"), sqlite.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: string(id)}); err != nil {
			t.Fatal(err)
		}
		b := tenant.Bypass{ID: "bp-" + string(id), Tenant: id, Reason: "white pages", By: "ada", Begun: now.Add(-2 * time.Hour), Ends: now.Add(-time.Hour)}
		if err := db.PutBypass(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	r := tenant.Recovery{ID: "tok-1", Tenant: tenant.Everywhere, By: "root (0)", Host: "casb1", Reason: "the token is lost", At: now, Expires: now.Add(time.Hour)}
	if err := db.PutRecovery(t.Context(), r, tenant.Token{ID: r.ID, Tenant: r.Tenant, Hash: "h"}); err != nil {
		t.Fatal(err)
	}
	ear := &deafBus{to: "contoso"}
	options := Options{Now: func() time.Time { return now }}
	broker, err := signin.New(signin.Config{Origin: "https://signin.example.com"}, signin.Parts{Sessions: db, SignIns: db, Now: options.Now})
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{
		options: options, log: slog.New(slog.DiscardHandler), DB: db, Tenants: tenant.NewDirectory(), broker: broker,
		Recorder: activitylog.NewRecorder(ear, activitylog.RecorderOptions{Now: options.Now}),
	}
	if err := n.Tenants.Reload(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	told := func() string {
		var out []string
		for _, m := range ear.got {
			for _, what := range []string{"BypassEnded", "AdministratorRecovered"} {
				if strings.Contains(string(m.Data), what) {
					out = append(out, string(m.Tenant)+" "+what)
				}
			}
		}
		ear.got = nil
		return strings.Join(out, ", ")
	}
	err = n.noteBreakGlass(t.Context())
	if got := told(); got != "fabrikam BypassEnded, fabrikam AdministratorRecovered" || err == nil || strings.Count(err.Error(), "no room for contoso") != 2 {
		t.Errorf("told %q; %v", got, err)
	}
	ear.to = ""
	if err := n.noteBreakGlass(t.Context()); err != nil {
		t.Error(err)
	}
	if got := told(); got != "contoso BypassEnded, contoso AdministratorRecovered, fabrikam AdministratorRecovered" { // of one id: the log holds it once
		t.Errorf("then told %q", got)
	}
	if err := n.noteBreakGlass(t.Context()); err != nil || told() != "" {
		t.Errorf("told again; %v", err)
	}
}
