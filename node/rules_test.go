package node

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
)

// TestUnreadablePolicy: a stored policy that can't be read leaves a running node the rules it had, gives one that starts
// none for that tenant, and concerns no other tenant. Once it is deleted the tenant's other documents count again.
func TestUnreadablePolicy(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "referee.sqlite"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	put := func(id model.TenantID, name string, number int64, text string, deleted bool) {
		t.Helper()
		r := policy.Revision{Tenant: id, ID: name, Number: number, Kind: "AccessPolicy", Name: name, Text: []byte(text), Author: "somebody", Time: time.Unix(0, 0), Deleted: deleted}
		if _, err := db.PutDocuments(t.Context(), id, []policy.Revision{r}); err != nil {
			t.Fatal(err)
		}
	}
	const good = "kind: AccessPolicy\nid: watch\nname: Watch\nactivities: {app: {eq: onedrive}}\naction: audit\n"
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: string(id)}); err != nil {
			t.Fatal(err)
		}
		put(id, "watch", 1, good, false)
	}
	fresh := func() *rules { return newRules(db, policy.Capabilities{}, nil, slog.New(slog.DiscardHandler)) }
	has := func(r *rules, id model.TenantID, want int) {
		t.Helper()
		b, ok := r.Book(id)
		if ok != (want >= 0) || ok && len(b.Policies()) != want {
			t.Errorf("%s has a book: %t; want one of %d policies", id, ok, want)
		}
	}
	running := fresh()
	if err := running.Reload(t.Context(), "contoso"); err != nil {
		t.Fatal(err)
	}
	put("contoso", "old", 1, "kind: Forgotten\n", false)
	if err := running.Reload(t.Context(), "contoso"); err == nil || !strings.Contains(err.Error(), "old") {
		t.Errorf("an unreadable policy gives %v", err)
	}
	has(running, "contoso", 1)

	started := fresh()
	if err := started.Reload(t.Context(), "contoso"); err == nil {
		t.Error("a node started with a part of the rules")
	}
	if err := started.Reload(t.Context(), "fabrikam"); err != nil {
		t.Error(err)
	}
	has(started, "contoso", -1)
	has(started, "fabrikam", 1)

	put("contoso", "old", 2, "", true)
	if err := started.Reload(t.Context(), "contoso"); err != nil {
		t.Error(err)
	}
	has(started, "contoso", 1)
}
