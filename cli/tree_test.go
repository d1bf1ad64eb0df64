package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }

func contextWithStop(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), 30*time.Second)
}

// walk visits every command.
func walk(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, kid := range c.Commands() {
		walk(kid, f)
	}
}

// TestHelp sees that every command explains itself, with an example of itself.
func TestHelp(t *testing.T) {
	t.Parallel()
	n := 0
	walk(New(Functions{}), func(c *cobra.Command) {
		n++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: its short text is %q", c.CommandPath(), c.Short)
		}
		if c.HasSubCommands() && c.Name() != "demo" && c.Name() != "referee" {
			return
		}
		if !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s: its example is %q", c.CommandPath(), c.Example)
		}
	})
	if n < 45 {
		t.Errorf("only %d commands", n)
	}
}

// TestExamplesParse runs every example's flags past its command.
func TestExamplesParse(t *testing.T) {
	t.Parallel()
	root := New(Functions{})
	walk(root, func(c *cobra.Command) {
		for _, line := range strings.Split(c.Example, "\n") {
			words, ok := split(strings.TrimSpace(line))
			if !ok || len(words) == 0 {
				continue
			}
			for i, w := range words {
				if w == ">" || w == "|" {
					words = words[:i]
					break
				}
			}
			found, rest, err := New(Functions{}).Find(words[1:])
			if err != nil {
				t.Errorf("%s: %v", line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: %v", line, err)
				continue
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	})
}

// split cuts a line into words as a shell does, as far as examples need it.
func split(line string) ([]string, bool) {
	var words []string
	var word strings.Builder
	quoted := false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
		default:
			word.WriteRune(r)
		}
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words, !quoted
}

func TestStart(t *testing.T) {
	t.Parallel()
	var demo DemoOptions
	served, checked := "", ""
	f := Functions{
		Serve:   func(_ context.Context, file string) error { served = file; return nil },
		Demo:    func(_ context.Context, o DemoOptions) error { demo = o; return nil },
		Untrust: func(_ context.Context, o DemoOptions) error { demo = o; return nil },
		CheckConfig: func(file string) error {
			checked = file
			return fault.New(fault.Invalid, "config", "the port is wrong")
		},
		ExampleConfig: func() string { return "listen: :443" },
	}
	run := func(args ...string) (string, int) {
		var out, notes strings.Builder
		a := &app{start: f, env: func(string) string { return "" }, now: time.Now, zone: time.UTC, out: &out, notes: &notes}
		c := a.root()
		c.SetArgs(args)
		code := report(&notes, c.ExecuteContext(t.Context()))
		return out.String() + notes.String(), code
	}
	if _, code := run("serve", "--config", "r.yaml"); code != 0 || served != "r.yaml" {
		t.Errorf("served %q, exit %d", served, code)
	}
	if _, code := run("demo", "--advance", "7d", "--port", "9443", "--json", "--real", "--block"); code != 0 || demo.Advance != 7*24*time.Hour || demo.Port != 9443 || !demo.JSON || !demo.Real || !demo.Block || demo.Data != "referee-demo" {
		t.Errorf("demo %+v, exit %d", demo, code)
	}
	if _, code := run("demo", "untrust", "--data", "d"); code != 0 || demo.Data != "d" {
		t.Errorf("untrust %+v, exit %d", demo, code)
	}
	if _, code := run("demo", "--advance", "soon"); code != 2 {
		t.Errorf("exit %d", code)
	}
	if text, code := run("config", "check", "r.yaml"); code != 2 || checked != "r.yaml" || !strings.Contains(text, "the port is wrong") {
		t.Errorf("%q, exit %d", text, code)
	}
	if text, code := run("config", "example"); code != 0 || text != "listen: :443\n" {
		t.Errorf("%q, exit %d", text, code)
	}
	if text, code := run("version"); code != 0 || !strings.HasPrefix(text, "referee ") {
		t.Errorf("%q, exit %d", text, code)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	seen := map[int]fault.Kind{}
	for kind := fault.Internal; kind <= fault.Canceled; kind++ {
		code := report(writerFunc(func([]byte) {}), fault.New(kind, "test", "x"))
		if other, taken := seen[code]; code == 0 || taken {
			t.Errorf("%s exits with %d, as %s does", kind, code, other)
		}
		seen[code] = kind
	}
}
