package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/referee-casb/referee/fault"
)

// isTerminal reports whether a file is one that people look at.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printJSON prints a value as the scripts' form.
func (a *app) printJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fault.As(err, fault.Internal, "cli.print", "")
	}
	return a.printRaw(text)
}

// printRaw prints the API's own answer, indented.
func (a *app) printRaw(text []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(text), "", "  "); err != nil {
		return fault.As(err, fault.Unavailable, "cli.print", "")
	}
	b.WriteByte('\n')
	_, err := a.out.Write(b.Bytes())
	return err
}

// show decodes an answer and renders it, or prints it as it is with --json.
func show[T any](a *app, text []byte, render func(T) error) error {
	if a.flags.json {
		return a.printRaw(text)
	}
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		return fault.As(err, fault.Unavailable, "cli.print", "")
	}
	return render(v)
}

// items is a list as the API gives it.
type items[T any] struct{ Items []T }

// table collects rows and prints them in columns.
type table struct{ rows [][]string }

func newTable(head ...string) *table { return &table{rows: [][]string{head}} }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the columns two blanks apart, without blanks at the ends of lines. Text from elsewhere is made
// harmless to a terminal first.
func (a *app) print(t *table) error {
	if len(t.rows) == 1 {
		_, err := fmt.Fprintln(a.notes, "none")
		return err
	}
	widths := make([]int, len(t.rows[0]))
	for _, r := range t.rows {
		for i, c := range r {
			r[i] = plain(c)
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i]))
		}
	}
	var b strings.Builder
	for n, r := range t.rows {
		var line strings.Builder
		for i, c := range r {
			line.WriteString(c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2))
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			text = a.paint("1", text)
		}
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(a.out, b.String())
	return err
}

// plain removes control characters: file names and user agents come from strangers.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// paint colours text on a terminal: an SGR code such as "31" for red.
func (a *app) paint(code, text string) string {
	if !a.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// when shows a moment in the reader's zone.
func (a *app) when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(a.zone).Format("2006-01-02 15:04:05 MST")
}

func (a *app) say(format string, args ...any) error {
	_, err := fmt.Fprintf(a.out, format+"\n", args...)
	return err
}

func (a *app) note(format string, args ...any) {
	_, _ = fmt.Fprintf(a.notes, format+"\n", args...) // notes are worth no failure
}

// gone says that something is deleted, removed or revoked.
func (a *app) gone(id, change string) error {
	if a.flags.json {
		return a.printJSON(map[string]string{"id": id, "change": change})
	}
	a.note("%s is %s", id, change)
	return nil
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func jsonText(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return text, fault.As(err, fault.Internal, "cli.json", "")
}

func decodeJSON(text []byte, to any) error {
	return fault.As(json.Unmarshal(text, to), fault.Unavailable, "cli.json", "")
}
