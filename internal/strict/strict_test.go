package strict

import (
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func open(t *testing.T, text string) (*Reader, *Map) {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	r := &Reader{}
	return r, r.Open(n.Content[0], "")
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{
		"7d": 168 * time.Hour, "24h": 24 * time.Hour, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute,
		"30s": 30 * time.Second, "1h30m15s": time.Hour + 30*time.Minute + 15*time.Second, "0": 0,
	} {
		if got, ok := ParseDuration(s); !ok || got != want {
			t.Errorf("%s reads as %s, %t", s, got, ok)
		}
		if back, ok := ParseDuration(FormatDuration(want)); !ok || back != want {
			t.Errorf("%s is written as %s", want, FormatDuration(want))
		}
	}
	for _, s := range []string{"", "7", "d", "1h1d", "1m1m", "-1h", "1.5h", "7 d", "99999999d", "0h", "1ms"} {
		if got, ok := ParseDuration(s); ok {
			t.Errorf("%q reads as %s", s, got)
		}
	}
}

func TestReadsOnAfterAMistake(t *testing.T) {
	t.Parallel()
	r, m := open(t, "a: [1, x, x]\nb: {}\nc: yes please\nd: 1e3\ne: !!binary aGk=\nf: ~\n<<: {g: 1}\n1: x\nlast: fine\n")
	var list []string
	var b, e, last string
	var c bool
	var d int
	m.Texts("a", &list)
	m.Text("b", &b)
	m.Bool("c", &c)
	m.Int("d", &d, 0, 9)
	m.Text("e", &e)
	m.Node("f")
	m.Text("last", &last)
	m.Done()
	if last != "fine" || strings.Join(list, " ") != "x" {
		t.Errorf("read %q, %q", last, list)
	}
	want := []string{
		"a[0]: must be text", "a[2]: \"x\" is listed twice", "b: must be text, not a mapping", "c: must be true or false",
		"d: must be a whole number", "e: must be text", "f: \"f\" has no value", "a key is a plain name", "1: no key is called",
	}
	got := r.Mistakes.Error()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("no mistake with %q in\n%s", w, got)
		}
	}
	if len(r.Mistakes) != len(want) {
		t.Errorf("%d mistakes, want %d:\n%s", len(r.Mistakes), len(want), got)
	}
}

// Each mistake names the element that it is about, whatever went wrong before it.
func TestWordsNameTheElement(t *testing.T) {
	t.Parallel()
	r, m := open(t, "a: [1, red, red, blue, bleu]\nb: gren\n")
	var a, b []string
	Words(m, "a", &a, "red", "blue")
	Words(m, "b", &b, "green")
	if strings.Join(a, " ") != "red blue" || len(b) != 0 {
		t.Errorf("read %q and %q", a, b)
	}
	want := []string{"a[0]: must be text", `a[2]: "red" is listed twice`, `a[4]: "bleu" is not a value here`, `b: "gren" is not a value here`}
	if len(r.Mistakes) != len(want) {
		t.Fatalf("%d mistakes: %v", len(r.Mistakes), r.Mistakes)
	}
	for i, p := range r.Mistakes {
		if !strings.Contains(p.Error(), want[i]) {
			t.Errorf("%q, want %q", p.Error(), want[i])
		}
	}
}

func TestNilMapIsEmpty(t *testing.T) {
	t.Parallel()
	r, m := open(t, "- a list")
	if m != nil || len(r.Mistakes) != 1 {
		t.Fatalf("opened as %v, %v", m, r.Mistakes)
	}
	var s string
	m.Text("a", &s)
	m.Need("a", "")
	m.Map("b").Done()
	m.Done()
	if m.Has("a") || len(m.Items("c")) > 0 || len(r.Mistakes) != 1 {
		t.Errorf("a nil map complains: %v", r.Mistakes)
	}
}
