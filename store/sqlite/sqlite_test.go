package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/store/storetest"
)

func open(t testing.TB, path string, opt sqlite.Options) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, sync := range []sqlite.Sync{sqlite.SyncNormal, sqlite.SyncAlways} {
		t.Run(string(sync), func(t *testing.T) {
			t.Parallel()
			storetest.All(t, func(t *testing.T, now func() time.Time) storetest.Engine {
				return open(t, filepath.Join(t.TempDir(), "referee.sqlite"), sqlite.Options{Sync: sync, Now: now})
			})
		})
	}
}
