package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
)

// The queries that run each second, and the sweep, walk no table.
func TestLogoutQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "referee.sqlite"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, index := range map[string]string{
		dueLogouts: "app_signins_due",
		`SELECT rowid FROM app_signins WHERE expires BETWEEN 1 AND ? LIMIT ?`: "app_signins_end",
	} {
		var plan []string
		err := db.query(t.Context(), "EXPLAIN QUERY PLAN "+query, []any{int64(5), 5}, func(s scanner) error {
			var id, parent, unused int
			var detail string
			err := s.Scan(&id, &parent, &unused, &detail)
			plan = append(plan, detail)
			return err
		})
		if text := strings.Join(plan, "; "); err != nil || !strings.Contains(text, index) || strings.Contains(text, "SCAN") || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("%s\n%s, %v", query, text, err)
		}
	}
}
