package entity

import (
	"testing"

	"github.com/referee-casb/referee/filter/where"
)

// BenchmarkRow is what a store pays for the search columns of one activity.
func BenchmarkRow(b *testing.B) {
	table := where.NewTable(where.DuckDB, Activity)
	a := sample()
	row := make([]any, 0, len(table.Columns))
	b.ReportAllocs()
	for b.Loop() {
		table.Row(row, a)
	}
}
