package graph_test

import (
	"context"
	"testing"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/directory/graph"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/msgraph"
)

// before does something once, before a page is read.
type before struct {
	graph.Pager
	do func()
}

func (b *before) Page(ctx context.Context, at string) (msgraph.Page, error) {
	if b.do != nil {
		b.do()
		b.do = nil
	}
	return b.Pager.Page(ctx, at)
}

// TestReaddedSource: a reading that was begun for one source writes nothing into another one of its id, neither people nor
// its failure.
func TestReaddedSource(t *testing.T) {
	t.Parallel()
	readd := func(w *world) {
		if err := w.db.DeleteSource(t.Context(), "contoso", "entra"); err != nil {
			t.Fatal(err)
		}
		s := directory.Source{ID: "entra", Tenant: "contoso", Kind: directory.KindGraph, Created: w.clock.Now().Add(time.Second), Graph: &directory.Graph{Tenant: "right", ClientID: "x", SecretFile: "/x"}}
		if err := w.db.AddSource(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for name, round := range map[string]func(w *world) error{
		"before the first page": func(w *world) error { r := w.reader(); readd(w); return r.Round(t.Context()) },
		"during it": func(w *world) error {
			r := w.reader()
			r.Graph = &before{r.Graph, func() { readd(w) }}
			return r.Round(t.Context())
		},
	} {
		w := newWorld(t)
		w.fill()
		if err := round(w); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if s := w.source(); w.live() != "" || s.Sync != (directory.Sync{}) || s.Graph.Tenant != "right" {
			t.Errorf("%s: %q, %+v", name, w.live(), s)
		}
	}
}
