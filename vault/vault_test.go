package vault

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// memory is a Store in memory; it counts reads.
type memory struct {
	mu    sync.Mutex
	rows  []KeyRow
	reads int
}

func (m *memory) PutVaultKey(_ context.Context, row KeyRow) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.Tenant == row.Tenant && r.ID == row.ID {
			return fault.New(fault.Conflict, "memory.PutVaultKey", "exists")
		}
	}
	m.rows = append(m.rows, row)
	return nil
}

func (m *memory) ReplaceVaultKey(_ context.Context, row KeyRow) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range m.rows {
		if r.Tenant == row.Tenant && r.ID == row.ID {
			m.rows[i] = row
			return nil
		}
	}
	return fault.New(fault.NotFound, "memory.ReplaceVaultKey", "absent")
}

func (m *memory) VaultKeys(_ context.Context, tenant model.TenantID) ([]KeyRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	var out []KeyRow
	for _, r := range m.rows {
		if r.Tenant == tenant {
			out = append(out, r)
		}
	}
	return out, nil
}

func (m *memory) VaultTenants(context.Context) ([]model.TenantID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []model.TenantID
	for _, r := range m.rows {
		if !slices.Contains(out, r.Tenant) {
			out = append(out, r.Tenant)
		}
	}
	return out, nil
}

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newVault(t testing.TB) (*Vault, *memory, *clock) {
	t.Helper()
	m, err := OpenMaster(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store, c := &memory{}, &clock{t: start}
	return Open(m, store, c.now), store, c
}

func TestSealOpens(t *testing.T) {
	t.Parallel()
	v, _, _ := newVault(t)
	for _, n := range []int{0, 1, 31, 4096} {
		plain := bytes.Repeat([]byte{7}, n)
		sealed, err := v.Seal("contoso", "jar", plain, []byte("place"))
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != n+Overhead {
			t.Errorf("sealed %d bytes into %d, want %d", n, len(sealed), n+Overhead)
		}
		got, err := v.Open("contoso", "jar", sealed, []byte("place"))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: got %d bytes, %v", n, len(got), err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	v, _, _ := newVault(t)
	sealed, err := v.Seal("contoso", "jar", []byte("secret"), []byte("place"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Seal("fabrikam", "jar", []byte("other"), nil); err != nil {
		t.Fatal(err)
	}
	flip := func(i int) []byte {
		out := bytes.Clone(sealed)
		out[i] ^= 1
		return out
	}
	cases := []struct {
		name    string
		tenant  model.TenantID
		purpose string
		blob    []byte
		ad      string
	}{
		{"other tenant", "fabrikam", "jar", sealed, "place"},
		{"other purpose", "contoso", "stash", sealed, "place"},
		{"other place", "contoso", "jar", sealed, "plac"},
		{"empty", "contoso", "jar", nil, "place"},
		{"head only", "contoso", "jar", sealed[:blobHead], "place"},
		{"one byte short", "contoso", "jar", sealed[:len(sealed)-1], "place"},
		{"one byte more", "contoso", "jar", append(bytes.Clone(sealed), 0), "place"},
		{"version", "contoso", "jar", flip(0), "place"},
		{"key id", "contoso", "jar", flip(4), "place"},
		{"nonce", "contoso", "jar", flip(10), "place"},
		{"text", "contoso", "jar", flip(blobHead), "place"},
		{"tag", "contoso", "jar", flip(len(sealed) - 1), "place"},
		{"tenant that is none", "../x", "jar", sealed, "place"},
		{"tenant without keys", "nobody", "jar", sealed, "place"},
	}
	for _, c := range cases {
		if got, err := v.Open(c.tenant, c.purpose, c.blob, []byte(c.ad)); !fault.Is(err, fault.Invalid) || got != nil {
			t.Errorf("%s: got %q, %v; want invalid", c.name, got, err)
		}
	}
}

func TestRotationKeepsOldKeys(t *testing.T) {
	t.Parallel()
	v, store, c := newVault(t)
	ctx := context.Background()
	old, _ := v.Seal("contoso", "jar", []byte("old"), nil)
	token, _ := v.Sign("contoso", "via", []byte("x"), start.Add(time.Hour))
	other := Open(v.master, store, c.now) // another process, which knows key 1 only
	if _, err := other.Open("contoso", "jar", old, nil); err != nil {
		t.Fatal(err)
	}
	id, err := v.Rotate(ctx, "contoso")
	if err != nil || id != 2 {
		t.Fatalf("got key %d, %v", id, err)
	}
	fresh, _ := v.Seal("contoso", "jar", []byte("new"), nil)
	if fresh[4] != 2 {
		t.Errorf("sealed with key %d after rotation", fresh[4])
	}
	c.advance(2 * reloadEvery)
	for name, p := range map[string]*Vault{"same process": v, "other process": other} {
		if got, err := p.Open("contoso", "jar", old, nil); err != nil || string(got) != "old" {
			t.Errorf("%s: old: %q, %v", name, got, err)
		}
		if got, err := p.Open("contoso", "jar", fresh, nil); err != nil || string(got) != "new" {
			t.Errorf("%s: new: %q, %v", name, got, err)
		}
		if got, err := p.Verify("contoso", "via", token); err != nil || string(got) != "x" {
			t.Errorf("%s: token: %q, %v", name, got, err)
		}
	}
	first, err := v.KeyAt("contoso", "mac", 1)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := v.Key("contoso", "mac")
	if err != nil || newest.ID != 2 || bytes.Equal(first.Bytes(), newest.Bytes()) {
		t.Errorf("newest key %v, %v", newest, err)
	}
}

func TestUnknownKeyIDsReadRarely(t *testing.T) {
	t.Parallel()
	v, store, _ := newVault(t)
	sealed, _ := v.Seal("contoso", "jar", []byte("x"), nil)
	forged := bytes.Clone(sealed)
	forged[4] = 9
	before := store.reads
	for range 100 {
		v.Open("contoso", "jar", forged, nil)
		v.Open("nobody", "jar", forged, nil)
	}
	if n := store.reads - before; n > 2 {
		t.Errorf("%d store reads for 200 forged blobs in one moment", n)
	}
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	v, store, c := newVault(t)
	ctx := context.Background()
	sealed, _ := v.Seal("contoso", "jar", []byte("x"), nil)
	v.Seal("fabrikam", "jar", []byte("y"), nil)
	fresh, err := OpenMaster(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	both := &Master{keys: append(slices.Clone(fresh.keys), v.master.keys...)}
	if n, err := Open(both, store, c.now).Rewrap(ctx); err != nil || n != 2 {
		t.Fatalf("rewrapped %d, %v", n, err)
	}
	if got, err := Open(fresh, store, c.now).Open("contoso", "jar", sealed, nil); err != nil || string(got) != "x" {
		t.Errorf("with the new master key: %q, %v", got, err)
	}
	if _, err := Open(v.master, store, c.now).Open("contoso", "jar", sealed, nil); !fault.Is(err, fault.Unavailable) || fault.Help(err) == "" {
		t.Errorf("with the old master key: %v; want unavailable with advice", err)
	}
}

func TestStolenRowsDoNotOpenElsewhere(t *testing.T) {
	t.Parallel()
	v, store, c := newVault(t)
	v.Seal("contoso", "jar", nil, nil)
	row := store.rows[0]
	row.Tenant = "fabrikam"
	thief := Open(v.master, &memory{rows: []KeyRow{row}}, c.now)
	if _, err := thief.Seal("fabrikam", "jar", nil, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrapped key moved to another tenant: %v; want invalid", err)
	}
}

func TestFirstKeyRace(t *testing.T) {
	t.Parallel()
	m, err := OpenMaster(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store, c := &memory{}, &clock{t: start}
	var wg sync.WaitGroup
	blobs := make([][]byte, 16)
	for i := range blobs {
		wg.Go(func() {
			blobs[i], _ = Open(m, store, c.now).Seal("contoso", "jar", fmt.Append(nil, i), nil)
		})
	}
	wg.Wait()
	v := Open(m, store, c.now)
	for i, b := range blobs {
		if got, err := v.Open("contoso", "jar", b, nil); err != nil || string(got) != fmt.Sprint(i) {
			t.Errorf("blob %d: %q, %v", i, got, err)
		}
	}
	if len(store.rows) != 1 {
		t.Errorf("%d first keys", len(store.rows))
	}
}

func TestMasterFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not there yet")
	first, err := OpenMaster(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, MasterFile)
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
	again, err := OpenMaster(dir)
	if err != nil || again.keys[0] != first.keys[0] {
		t.Errorf("second start: %v, %v", again, err)
	}
	good, _ := os.ReadFile(path)
	for name, text := range map[string]string{
		"empty": "", "comment only": "# nothing\n", "half": string(good[:30]), "foreign": "hello\n",
		"second line bad": string(good) + masterPrefix + "AAAA\n",
	} {
		p := filepath.Join(t.TempDir(), "k")
		os.WriteFile(p, []byte(text), 0o600)
		_, err := ReadMaster(p)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v; want invalid", name, err)
		}
		if err != nil && strings.Contains(err.Error(), strings.TrimSpace(string(good[len(masterPrefix):40]))) {
			t.Errorf("%s: the error quotes the key", name)
		}
	}
	os.Chmod(path, 0o644)
	if _, err := OpenMaster(dir); !fault.Is(err, fault.Invalid) || fault.Help(err) == "" {
		t.Errorf("readable by others: %v; want invalid with advice", err)
	}
	if _, err := ReadMaster(filepath.Join(dir, "absent")); !fault.Is(err, fault.NotFound) {
		t.Errorf("absent: %v", err)
	}
}

func TestOpenMasterRace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	got := make([]*Master, 8)
	for i := range got {
		wg.Go(func() { got[i], _ = OpenMaster(dir) })
	}
	wg.Wait()
	for _, m := range got {
		if m == nil || m.keys[0] != got[0].keys[0] {
			t.Fatal("two processes made different master keys")
		}
	}
}

func TestNothingSecretInLogs(t *testing.T) {
	t.Parallel()
	v, _, _ := newVault(t)
	k, err := v.Key("contoso", "mac")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "vault", v, "key", k, "master", v.master)
	fmt.Fprintf(&b, "%v %+v %#v %s", k, k, k, v.master)
	for _, secret := range [][]byte{k.Bytes(), v.master.keys[0].secret[:]} {
		for _, form := range []string{string(secret), fmt.Sprint(secret[:4])[1:10], fmt.Sprintf("%x", secret[:6])} {
			if strings.Contains(b.String(), form) {
				t.Errorf("a key shows in %q", b.String())
			}
		}
	}
}
