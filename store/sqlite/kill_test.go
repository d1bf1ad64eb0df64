package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
)

// killChild makes the test binary a process that writes until it is killed, and says what was acknowledged.
const killChild = "REFEREE_SQLITE_KILL_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(killChild); path != "" {
		writeUntilKilled(path)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func writeUntilKilled(path string) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var wg sync.WaitGroup
	var line sync.Mutex
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				hash := fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i)
				if err := db.PutCode(ctx, session.Code{Hash: hash, Tenant: "contoso", Host: "h", WrappedKey: []byte{1}, Expires: time.Now().Add(time.Hour)}); err != nil {
					fmt.Println("error", err)
					return
				}
				line.Lock()
				fmt.Println(hash)
				line.Unlock()
			}
		})
	}
	wg.Wait()
}

// TestKilledProcessLosesNothing kills a writing process and finds every write that it had acknowledged.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "referee.sqlite")
	db := open(t, path, sqlite.Options{})
	if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
		t.Fatal(err)
	}
	total := 0
	for round := range 4 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killChild+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
			if len(acknowledged) == 200+round*97 {
				child.Process.Kill() // what is in the pipe already was acknowledged too, and is read on
			}
		}
		child.Wait()
		for _, hash := range acknowledged {
			if _, err := db.TakeCode(t.Context(), "contoso", hash); err != nil {
				t.Fatalf("%s was acknowledged and is not there: %v", hash, err)
			}
		}
		total += len(acknowledged)
	}
	if total < 1000 {
		t.Errorf("only %d writes were acknowledged: the child did not run as meant", total)
	}
	if n, err := db.DeleteExpired(t.Context(), time.Now().Add(2*time.Hour), 1<<20); err != nil || n > 4*8 {
		t.Errorf("%d writes were stored that nobody was told of, %v", n, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("this is no database, but a text that is long enough to be read as one's head"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), text, sqlite.Options{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file that is no database: %v", err)
	}
	if _, err := sqlite.Open(t.Context(), filepath.Join(text, "below"), sqlite.Options{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a folder that is a file: %v", err)
	}
	if _, err := sqlite.Open(t.Context(), filepath.Join(dir, "x"), sqlite.Options{Sync: "sometimes"}); !fault.Is(err, fault.Invalid) || fault.Help(err) == "" {
		t.Errorf("an unknown way to sync: %v", err)
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new folder", "a?b%20#c.sqlite")
	db := open(t, path, sqlite.Options{})
	if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, n := range names {
		info, err := n.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", n.Name(), info.Mode(), err)
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a write after Close: %v", err)
	}
	if db.Ping(t.Context()) == nil {
		t.Error("a closed database answers")
	}
}

// TestTwoProcesses writes to one file from two places, as two roles on one machine do.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "referee.sqlite")
	a, b := open(t, path, sqlite.Options{}), open(t, path, sqlite.Options{})
	if _, err := a.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso"}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i, db := range []*sqlite.DB{a, b} {
		other := []*sqlite.DB{b, a}[i]
		wg.Go(func() {
			for n := range 100 {
				hash := fmt.Sprint(i, "-", n)
				if err := db.PutStash(t.Context(), session.Stash{ID: hash, Tenant: "contoso", Sealed: []byte{1}}); err != nil {
					t.Error(err)
				}
				if _, err := other.TakeStash(t.Context(), "contoso", hash); err != nil {
					t.Errorf("not seen by the other: %v", err)
				}
			}
		})
	}
	wg.Wait()
}
