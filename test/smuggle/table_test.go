package smuggle

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// table holds a row a case and a column a target.
type table struct {
	title   string
	targets []*target
	missing []string
	names   []string

	mu    sync.Mutex
	cells [][]outcome
}

func newTable(title string, targets []*target, missing, names []string) *table {
	t := &table{title: title, targets: targets, missing: missing, names: names, cells: make([][]outcome, len(names))}
	for i := range t.cells {
		t.cells[i] = make([]outcome, len(targets))
	}
	return t
}

func (b *table) set(row, col int, o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cells[row][col] = o
}

// report fails the test for what Referee did wrong, and writes the whole table to the file that
// REFEREE_SMUGGLE_TABLE names, or to the log when -v is given.
func (b *table) report(t *testing.T) {
	t.Helper()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s: answers, and →requests that reached the app", b.title)
	for _, g := range b.targets {
		fmt.Fprintf(w, "\t%s", g.name)
	}
	fmt.Fprintln(w)
	passed, refused := 0, 0
	for row, name := range b.names {
		fmt.Fprint(w, name)
		for col, g := range b.targets {
			o := b.cells[row][col]
			fmt.Fprintf(w, "\t%s", o)
			if !g.referee {
				continue
			}
			if len(o.requests) > 0 {
				passed++
			} else {
				refused++
			}
			if len(o.wrong) > 0 {
				t.Errorf("%s, %s: %s", b.title, name, o)
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush() //nolint:errcheck // to memory
	fmt.Fprintf(&text, "%d cases: Referee passed %d on and refused %d\n", len(b.names), passed, refused)
	for _, name := range b.missing {
		fmt.Fprintf(&text, "%s is not installed and was left out\n", name)
	}
	keep(t, text.String())
}

// keep appends a table to the file that REFEREE_SMUGGLE_TABLE names; without it the test's log has it.
func keep(t *testing.T, text string) {
	t.Helper()
	file := os.Getenv("REFEREE_SMUGGLE_TABLE")
	if file == "" {
		t.Log("\n" + text)
		return
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text + "\n"); err != nil {
		t.Fatal(err)
	}
}
