package catalog

import (
	"context"
	"errors"
	"testing"

	"github.com/referee-casb/referee/model"
)

// shelves is a Store's reading side in memory.
type shelves struct {
	Store
	by  map[model.TenantID][]Instance
	err error
}

func (s *shelves) Instances(_ context.Context, t model.TenantID) ([]Instance, error) {
	return s.by[t], s.err
}

func TestLiveKeepsTheOldBookWhenReloadFails(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l, err := NewLive("gate.localhost:8443")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := l.Book().Find("cdn.contoso.gate.localhost:8443"); ok {
		t.Fatal("an empty book found a host")
	}
	s := &shelves{by: map[model.TenantID][]Instance{"contoso": {demo("contoso")}}}
	if err := l.Reload(ctx, s, []model.TenantID{"contoso"}); err != nil {
		t.Fatal(err)
	}
	old := l.Book()
	s.err = errors.New("no store")
	if err := l.Reload(ctx, s, []model.TenantID{"contoso"}); err == nil || l.Book() != old {
		t.Errorf("store down: %v", err)
	}
	s.err, s.by["contoso"] = nil, append(s.by["contoso"], demo("contoso"))
	if err := l.Reload(ctx, s, []model.TenantID{"contoso"}); err == nil || l.Book() != old {
		t.Errorf("broken catalogue: %v", err)
	}
	s.by["contoso"] = nil
	if err := l.Reload(ctx, s, []model.TenantID{"contoso"}); err != nil || l.Book().Epoch() != old.Epoch()+1 {
		t.Errorf("epoch %d after %d, %v", l.Book().Epoch(), old.Epoch(), err)
	}
	if _, _, ok := l.Book().Find("cdn.contoso.gate.localhost:8443"); ok {
		t.Error("a removed instance is still found")
	}
}
