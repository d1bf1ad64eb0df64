//go:build unix

package sit

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp"
)

// cleanText is prose and source: the Go tree's own, as much as there is up to n bytes.
func cleanText(b *testing.B, n int) []byte {
	b.Helper()
	var out bytes.Buffer
	err := filepath.WalkDir(goRoot(b), func(path string, d fs.DirEntry, err error) error {
		if err != nil || out.Len() >= n || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".md") {
			return err
		}
		text, err := os.ReadFile(path)
		out.Write(text)
		return err
	})
	if err != nil || out.Len() < n {
		b.Fatalf("%d bytes, %v", out.Len(), err)
	}
	return out.Bytes()[:n]
}

// denseText is a table of people with numbers in every column, and the types' own positives between its rows.
func denseText(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 1))
	var out bytes.Buffer
	types := All()
	for out.Len() < n {
		fmt.Fprintf(&out, "%d,Person %d,person%d@example.com,%03d-%02d-%04d,%d,+45 %08d,10.%d.%d.%d,%04d-%02d-%02d,card %016d\n", rng.IntN(1e6), rng.IntN(1e4), rng.IntN(1e5),
			rng.IntN(900), rng.IntN(100), rng.IntN(1e4), 100_000_000+rng.IntN(9e8), rng.IntN(1e8), rng.IntN(256), rng.IntN(256), rng.IntN(256), 1930+rng.IntN(80), 1+rng.IntN(12), 1+rng.IntN(28), 4e15+rng.Int64N(1e15))
		if rng.IntN(4) == 0 {
			t := types[rng.IntN(len(types))]
			out.WriteString(t.Positives[rng.IntN(len(t.Positives))] + "\n")
		}
	}
	return out.Bytes()[:n]
}

// digitText makes every byte count: groups of digits and separators of all lengths.
func digitText(n int) []byte {
	rng := rand.New(rand.NewPCG(2, 2))
	out := make([]byte, n)
	for i := range out {
		out[i] = "01234567890123456789 -./AB"[rng.IntN(26)]
	}
	return out
}

// cpuTime is what the process has used: wall time says little on a busy machine.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkScan(b *testing.B) {
	e, err := dlp.New(All())
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		text []byte
	}{{"clean", cleanText(b, 20<<20)}, {"dense", denseText(4 << 20)}, {"digits", digitText(2 << 20)}} {
		for _, cold := range []bool{true, false} {
			name := c.name + "/warm"
			if cold {
				name = c.name + "/first"
			}
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(len(c.text)))
				b.ReportAllocs()
				count, begun, runs := 0, cpuTime(), 0
				for b.Loop() {
					runs++
					if cold {
						b.StopTimer()
						if e, err = dlp.New(All()); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
					r, err := e.Scan(b.Context(), bytes.NewReader(c.text), dlp.Options{})
					if err != nil {
						b.Fatal(err)
					}
					count = 0
					for _, f := range r.Findings {
						count += f.Count
					}
				}
				b.ReportMetric(float64(runs*len(c.text))/1e6/(cpuTime()-begun).Seconds(), "MB/cpu-s")
				b.ReportMetric(float64(count)/float64(len(c.text))*1024, "findings/kB")
				states, resets := e.States()
				b.ReportMetric(float64(states), "states")
				b.ReportMetric(float64(resets), "resets")
			})
		}
	}
}

// BenchmarkRegexp is the other way: each type's expressions by the standard library, one after the other, without
// checks and keywords.
func BenchmarkRegexp(b *testing.B) {
	var all []*regexp.Regexp
	for _, t := range All() {
		for _, p := range t.Patterns {
			all = append(all, regexp.MustCompile(`\b(?:`+p.Expr+`)\b`))
		}
	}
	for name, text := range map[string][]byte{"clean": cleanText(b, 256<<10), "dense": denseText(128 << 10)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			begun, runs := cpuTime(), 0
			for b.Loop() {
				runs++
				for _, re := range all {
					re.FindAllIndex(text, -1)
				}
			}
			b.ReportMetric(float64(runs*len(text))/1e6/(cpuTime()-begun).Seconds(), "MB/cpu-s")
		})
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	types := All()
	for b.Loop() {
		if _, err := dlp.New(types); err != nil {
			b.Fatal(err)
		}
	}
}
