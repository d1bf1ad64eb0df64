package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/devca"
)

// Trust lets the user's browsers trust the demo's certificates. It asks for no root rights: it writes to the
// user's own certificate stores.
func Trust(ctx context.Context, data string, out io.Writer) error {
	return change(ctx, data, out, "trusted in", (*devca.Authority).Trust)
}

// Untrust takes that back.
func Untrust(ctx context.Context, data string, out io.Writer) error {
	return change(ctx, data, out, "no longer trusted in", (*devca.Authority).Untrust)
}

func change(ctx context.Context, data string, out io.Writer, words string, do func(*devca.Authority, context.Context, []string) ([]string, error)) error {
	dir := filepath.Join(data, "ca")
	if _, err := os.Stat(filepath.Join(dir, "root.pem")); err != nil {
		return &fault.Error{Kind: fault.NotFound, Op: "demo.trust", Key: dir, Msg: "there is no demo in this folder yet", Help: "start it once with: referee demo"}
	}
	a, err := devca.Open(dir, time.Now)
	if err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return fault.As(err, fault.Unavailable, "demo.trust", "")
	}
	stores, err := do(a, ctx, devca.Stores(home))
	for _, s := range stores {
		if _, e := fmt.Fprintf(out, "%s: %s %s\n", a.Nickname(), words, s); e != nil {
			return e
		}
	}
	if err == nil && len(stores) == 0 {
		_, err = fmt.Fprintln(out, "nothing to change")
	}
	return err
}
