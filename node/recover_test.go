package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

// hostFolder makes a data folder as a Referee leaves it, with one tenant whose keys the master key opens.
func hostFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	withStore(t, dir, func(db *sqlite.DB) {
		if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
			t.Fatal(err)
		}
		master, err := vault.OpenMaster(filepath.Join(dir, "keys"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vault.Open(master, db, time.Now).Seal("contoso", "test", []byte("x"), nil); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

func withStore(t *testing.T, dir string, f func(*sqlite.DB)) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "referee.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func ask(dir string) Recovery {
	return Recovery{Data: dir, Reason: "  the token is lost  ", For: time.Hour}
}

// TestRecover makes tokens on the host: each reaches everything, ends by itself, and takes the place of the one before.
func TestRecover(t *testing.T) {
	t.Parallel()
	dir := hostFolder(t)
	first, err := Recover(t.Context(), ask(dir))
	if err != nil {
		t.Fatal(err)
	}
	old := secretOf(t, first.TokenFile)
	one := ask(dir)
	one.Tenant = "contoso"
	second, err := Recover(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	secret := secretOf(t, second.TokenFile)
	if old == secret || !strings.HasPrefix(secret, "referee_") {
		t.Error("the second token is the first, or none")
	}
	withStore(t, dir, func(db *sqlite.DB) {
		if _, err := db.TokenByHash(t.Context(), tenant.HashToken(old)); !fault.Is(err, fault.NotFound) {
			t.Errorf("the first token after the second: %v", err)
		}
		got, err := db.TokenByHash(t.Context(), tenant.HashToken(secret))
		if err != nil || got.Role != tenant.RoleAdmin || got.Tenant != "contoso" || got.Expires.Sub(got.Created) != time.Hour || got.ID != second.ID {
			t.Errorf("the token is %+v, %v", got, err)
		}
		list, err := db.Recoveries(t.Context())
		if err != nil || len(list) != 2 || list[0].Noted || list[0].Reason != "the token is lost" || list[0].By == "" || list[1].Tenant != tenant.Everywhere {
			t.Errorf("recoveries %+v, %v", list, err)
		}
	})
	left, err := filepath.Glob(filepath.Join(dir, RecoveryFile+".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func secretOf(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// TestRecoverRefuses goes through everything that is not an owner's right to make a token; none of it leaves one.
func TestRecoverRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*testing.T, string, *Recovery)
		want  fault.Kind
	}{
		"no reason":          {func(_ *testing.T, _ string, r *Recovery) { r.Reason = "       x        " }, fault.Invalid},
		"too long":           {func(_ *testing.T, _ string, r *Recovery) { r.For = 9 * time.Hour }, fault.Invalid},
		"no time":            {func(_ *testing.T, _ string, r *Recovery) { r.For = 0 }, fault.Invalid},
		"no such tenant":     {func(_ *testing.T, _ string, r *Recovery) { r.Tenant = "fabrikam" }, fault.NotFound},
		"no folder":          {func(_ *testing.T, dir string, r *Recovery) { r.Data = dir + "x" }, fault.NotFound},
		"no configuration":   {func(_ *testing.T, dir string, r *Recovery) { r.Config = dir + "/referee.yaml" }, fault.Invalid},
		"others may look in": {func(t *testing.T, dir string, _ *Recovery) { mustDo(t, os.Chmod(dir, 0o750)) }, fault.Denied},
		"no master key": {func(t *testing.T, dir string, _ *Recovery) {
			mustDo(t, os.Remove(filepath.Join(dir, "keys", vault.MasterFile)))
		}, fault.NotFound},
		"an open master key": {func(t *testing.T, dir string, _ *Recovery) {
			mustDo(t, os.Chmod(filepath.Join(dir, "keys", vault.MasterFile), 0o644))
		}, fault.Invalid},
		"another's master key": {func(t *testing.T, dir string, _ *Recovery) {
			keys := filepath.Join(dir, "keys")
			mustDo(t, os.Remove(filepath.Join(keys, vault.MasterFile)))
			_, err := vault.OpenMaster(keys)
			mustDo(t, err)
		}, fault.Denied},
		"no store": {func(t *testing.T, dir string, _ *Recovery) { mustDo(t, os.Remove(filepath.Join(dir, "referee.db"))) }, fault.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := hostFolder(t)
			r := ask(dir)
			c.spoil(t, dir, &r)
			if got, err := Recover(t.Context(), r); !fault.Is(err, c.want) {
				t.Errorf("%+v, %v; want kind %v", got, err, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, RecoveryFile)); !os.IsNotExist(err) {
				t.Errorf("a token was left: %v", err)
			}
		})
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
