package session_test

import (
	"fmt"
	"strings"
	"testing"
)

// FuzzHeader gives a jar whatever a browser may send: Referee's own cookies never reach the app, and the app's
// hidden cookie is there once, with the jar's value.
func FuzzHeader(f *testing.F) {
	j := newJar(f)
	const app = "https://files.app.example/"
	j.set(app, same, "sid=secret; HttpOnly", "seen=1")
	for _, s := range []string{"", "a=b; c=d", "sid=evil", "sid=evil; sid=evil2; seen=2", ";;=;==", "__HOST-Referee=x; referee-Lookup=y", " sid = evil ", "seen"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, incoming string) {
		got, err := j.j.Header(t.Context(), address(t, app), incoming, same)
		if err != nil {
			t.Fatal(err)
		}
		sid := 0
		for part := range strings.SplitSeq(got, ";") {
			name, value, has := strings.Cut(strings.Trim(part, " \t"), "=")
			if !has {
				continue
			}
			if lower := strings.ToLower(strings.Trim(name, " \t")); strings.HasPrefix(lower, "referee-") || strings.HasPrefix(lower, "__host-referee") {
				t.Fatalf("%q let %q through", incoming, name)
			}
			if name == "sid" {
				if sid++; value != "secret" {
					t.Fatalf("%q made the hidden cookie %q", incoming, value)
				}
			}
		}
		if sid != 1 {
			t.Fatalf("%q: the hidden cookie is there %d times in %q", incoming, sid, got)
		}
	})
}

func BenchmarkJarHeader(b *testing.B) {
	j := newJar(b)
	for i := range 12 {
		j.set("https://files.app.example/", same, fmt.Sprintf("c%d=some-value-of-a-cookie; HttpOnly; Path=/", i))
	}
	u := address(b, "https://files.app.example/documents/1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.j.Header(b.Context(), u, "own=1; other=2", same); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJarSet(b *testing.B) {
	j := newJar(b)
	u := address(b, "https://files.app.example/documents/1")
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if _, err := j.j.SetCookies(b.Context(), u, []string{fmt.Sprintf("c=%d; HttpOnly; Path=/", n)}, same); err != nil {
			b.Fatal(err)
		}
	}
}
