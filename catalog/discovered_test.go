package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// discoveredMemory keeps what is added; while err is set, nothing.
type discoveredMemory struct {
	err  error
	rows map[model.TenantID][]catalog.Discovered
}

func (m *discoveredMemory) AddDiscovered(_ context.Context, tenant model.TenantID, seen []catalog.Discovered) error {
	if m.err == nil {
		m.rows[tenant] = append(m.rows[tenant], seen...)
	}
	return m.err
}

func (m *discoveredMemory) Discovered(context.Context, model.TenantID, model.InstanceID) ([]catalog.Discovered, error) {
	return nil, nil
}

func TestDiscoveries(t *testing.T) {
	t.Parallel()
	m := &discoveredMemory{rows: map[model.TenantID][]catalog.Discovered{}, err: errors.New("disk full")}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	d := catalog.NewDiscoveries(m, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	d.Seen("contoso", "files", "b.example", "script")
	d.Seen("fabrikam", "files", "b.example", "img")
	d.Flush(t.Context()) // can't be stored: kept
	now = now.Add(time.Hour)
	d.Seen("contoso", "files", "b.example", "fetch")
	m.err = nil
	d.Flush(t.Context())
	got := m.rows["contoso"]
	if len(got) != 1 || got[0].Times != 2 || fmt.Sprint(got[0].Kinds) != "[fetch script]" || !got[0].First.Before(got[0].Last) || len(m.rows["fabrikam"]) != 1 {
		t.Errorf("%+v", m.rows)
	}
	d.Flush(t.Context())
	if len(m.rows["contoso"]) != 1 {
		t.Error("stored twice")
	}
	for i := range 100_000 {
		d.Seen("contoso", "files", fmt.Sprintf("h%d.example", i), "img")
	}
	d.Flush(t.Context())
	if n := len(m.rows["contoso"]); n > 4*catalog.MaxDiscovered+1 {
		t.Errorf("%d rows wait at once", n)
	}
}

func TestIsHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{"a.example": true, "a.example:8443": true, "A.example": false, "localhost": false, "a.example:443": false, "a..example": false, "a.example/x": false, "": false} {
		if catalog.IsHost(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}
