package duckdb

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

// TestFirstActivitiesOfManyTenants: files that are made while others are written and closed are whole from the start.
func TestFirstActivitiesOfManyTenants(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := Open(Options{Dir: dir, MaxOpen: 4})
	if err != nil {
		t.Fatal(err)
	}
	const tenants, rounds = 40, 3
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for round := range rounds {
				for i := worker; i < tenants; i += 8 {
					if err := l.Append(t.Context(), batch(model.TenantID(fmt.Sprintf("tenant%02d", i)), round*20, round*20+20)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir)
	for i := range tenants {
		tenant := model.TenantID(fmt.Sprintf("tenant%02d", i))
		if page, err := l.Search(t.Context(), tenant, activitylog.Query{Total: true}); err != nil || page.Total != rounds*20 || len(page.Missing) > 0 {
			t.Errorf("%s: %d rows, missing %v, %v", tenant, page.Total, page.Missing, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "*.new*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
