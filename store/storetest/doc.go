// Package storetest holds the conformance suites that every store engine passes, one a subject.
//
// An engine's tests call [All], or the suites of what it implements, with an [Opener]. The suites use nothing
// but the interfaces, so that they say what those promise. [Isolation] tries each method with one tenant's keys
// in another's name. What only one engine can show, such as surviving a kill, is in that engine's tests.
package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

// Engine is every store interface at once.
type Engine interface {
	tenant.Store
	tenant.TokenStore
	tenant.BypassStore
	tenant.RecoveryStore
	vault.Store
	signin.Sessions
	signin.AppSignInStore
	session.AppStore
	session.CodeStore
	session.JarStore
	session.StashStore
	session.BlockedStore
	session.GrantStore
	catalog.Store
	lease.Store
	policy.Store
	signin.FlowStore
	factor.Store
	device.RecordStore
	activitylog.Intake
	directory.SourceStore
	directory.Store
	own.Store
	taxonomy.Store
	catalog.DiscoveredStore
	own.TableStore
}

// Opener opens an empty engine that goes by a clock, and closes it when the test ends.
type Opener func(t *testing.T, now func() time.Time) Engine

// All runs every suite.
func All(t *testing.T, open Opener) {
	for name, suite := range map[string]func(*testing.T, Opener){
		"tenants": Tenants, "vault": Vault, "sessions": Sessions, "app sessions": AppSessions, "codes": Codes, "jars": Jars, "stashes": Stashes,
		"catalogue": Catalog, "leases": Leases, "documents": Documents, "exceptions": Exceptions, "rollouts": Rollouts, "isolation": Isolation, "expiry": Expiry,
		"tokens": Tokens, "flows": Flows, "devices": Devices, "factors": Factors, "intake": Intake, "directory sources": DirectorySources, "directory": Directory, "anchors": Anchors,
		"bypasses": Bypasses, "recoveries": Recoveries, "named sessions": NamedSessions, "app sign-ins": AppSignIns, "logouts": DueLogouts, "information types": InfoTypes, "label sets": LabelSets, "discovered hosts": DiscoveredHosts,
		"information tables": InfoTables,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); suite(t, open) })
	}
}

// start is when the suites' clock begins. It has nanoseconds, which stores keep.
var start = time.Date(2026, 11, 23, 9, 0, 0, 123456789, time.UTC)

// begin opens an engine with the tenants contoso and fabrikam.
func begin(t *testing.T, open Opener) (Engine, *clock.Clock) {
	t.Helper()
	c := clock.Standing(start)
	e := open(t, c.Now)
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		if _, err := e.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: string(id)}); err != nil {
			t.Fatal(err)
		}
	}
	return e, c
}

// wantKind fails unless err is of a kind.
func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v; want kind %v", what, err, kind)
	}
}

// want fails unless got equals what was stored and there is no error.
func want[T any](t *testing.T, what string, got T, err error, stored T) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if !reflect.DeepEqual(got, stored) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, stored)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// race runs f in n goroutines at once and returns how many of them had no error; any error must be of a kind.
func race(t *testing.T, n int, kind fault.Kind, f func(ctx context.Context, i int) error) int {
	t.Helper()
	begin, results := make(chan struct{}), make(chan error, n)
	for i := range n {
		go func() { <-begin; results <- f(t.Context(), i) }()
	}
	close(begin)
	won := 0
	for range n {
		switch err := <-results; {
		case err == nil:
			won++
		case !fault.Is(err, kind):
			t.Errorf("a loser got %v; want kind %v", err, kind)
		}
	}
	return won
}

var errStop = errors.New("stop")
