package devca

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// Stores finds the NSS databases of the user's browsers below home: Chromium's and every Firefox profile's.
// Chromium's is listed even if it is not there yet, since it is made on demand.
func Stores(home string) []string {
	stores := []string{filepath.Join(home, ".pki", "nssdb")}
	for _, pattern := range []string{".mozilla/firefox/*/cert9.db", "snap/firefox/common/.mozilla/firefox/*/cert9.db", "snap/chromium/current/.pki/nssdb/cert9.db"} {
		found, err := filepath.Glob(filepath.Join(home, pattern))
		if err != nil {
			continue // only a malformed pattern gives an error, and these are constants
		}
		for _, f := range found {
			stores = append(stores, filepath.Dir(f))
		}
	}
	return stores
}

// Trust adds the root to each store and returns those it was added to. It needs certutil (libnss3-tools).
func (a *Authority) Trust(ctx context.Context, stores []string) ([]string, error) {
	return a.each(ctx, stores, true, func(store string) error {
		if _, err := os.Stat(filepath.Join(store, "cert9.db")); errors.Is(err, os.ErrNotExist) {
			if err := os.MkdirAll(store, 0o700); err != nil {
				return err
			}
			if err := certutil(ctx, "-d", "sql:"+store, "-N", "--empty-password"); err != nil {
				return err
			}
		}
		return certutil(ctx, "-d", "sql:"+store, "-A", "-t", "C,,", "-n", a.Nickname(), "-i", a.RootFile())
	})
}

// Untrust removes the root from each store that has it and returns those.
func (a *Authority) Untrust(ctx context.Context, stores []string) ([]string, error) {
	return a.each(ctx, stores, false, func(store string) error {
		if err := certutil(ctx, "-d", "sql:"+store, "-L", "-n", a.Nickname()); err != nil {
			return errAbsent
		}
		return certutil(ctx, "-d", "sql:"+store, "-D", "-n", a.Nickname())
	})
}

var errAbsent = errors.New("not in this store")

func (a *Authority) each(ctx context.Context, stores []string, create bool, do func(store string) error) ([]string, error) {
	if _, err := exec.LookPath("certutil"); err != nil {
		return nil, &fault.Error{
			Kind: fault.Unavailable, Op: "devca.Trust", Msg: "certutil is not installed",
			Help: "apt-get install libnss3-tools, or import " + a.RootFile() + " in your browser's certificate settings", Err: err,
		}
	}
	var done []string
	var failed []error
	for _, store := range stores {
		if _, err := os.Stat(filepath.Join(store, "cert9.db")); err != nil && !create {
			continue
		}
		switch err := do(store); {
		case errors.Is(err, errAbsent):
		case err != nil:
			failed = append(failed, fault.Wrap(err, "devca.Trust", store))
		default:
			done = append(done, store)
		}
		if ctx.Err() != nil {
			return done, fault.As(ctx.Err(), fault.Canceled, "devca.Trust", store)
		}
	}
	return done, errors.Join(failed...)
}

func certutil(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "certutil", args...).CombinedOutput()
	if err != nil {
		return &fault.Error{Kind: fault.Unavailable, Op: "certutil", Msg: strings.TrimSpace(string(out)), Err: err}
	}
	return nil
}
