//go:build unix

package sit

import (
	"bytes"
	"testing"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/test/corpus"
)

// BenchmarkHard scans texts that are made to be slow, 10 MB each, with new tables and with those of the run before.
func BenchmarkHard(b *testing.B) {
	for name, text := range hardTexts(10_000_000) {
		b.Run(name+"/first", func(b *testing.B) { measure(b, text, true) })
		b.Run(name+"/warm", func(b *testing.B) { measure(b, text, false) })
	}
}

// BenchmarkMixed scans 50 MB of what companies keep.
func BenchmarkMixed(b *testing.B) {
	text, err := corpus.Mixed(goRoot(b), 50_000_000)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("first", func(b *testing.B) { measure(b, text, true) })
	b.Run("warm", func(b *testing.B) { measure(b, text, false) })
}

func measure(b *testing.B, text []byte, cold bool) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	e, err := dlp.New(All())
	if err != nil {
		b.Fatal(err)
	}
	count, begun, runs := 0, cpuTime(), 0
	for b.Loop() {
		runs++
		if cold && runs > 1 {
			if e, err = dlp.New(All()); err != nil {
				b.Fatal(err)
			}
		}
		r, err := e.Scan(b.Context(), bytes.NewReader(text), dlp.Options{})
		if err != nil {
			b.Fatal(err)
		}
		count = 0
		for _, f := range r.Findings {
			count += f.Count
		}
	}
	b.ReportMetric(float64(runs*len(text))/1e6/(cpuTime()-begun).Seconds(), "MB/cpu-s")
	b.ReportMetric(float64(count)/float64(len(text))*1024, "findings/kB")
	states, resets := e.States()
	b.ReportMetric(float64(states), "states")
	b.ReportMetric(float64(resets), "resets")
}
