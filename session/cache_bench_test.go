package session_test

import (
	"fmt"
	"runtime"
	"testing"
)

func BenchmarkFindHot(b *testing.B) {
	c := newCache(b, 0)
	if _, err := c.find(); err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.c.Find(ctx, "contoso", host, c.value); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindHotParallel(b *testing.B) {
	c := newCache(b, 0)
	if _, err := c.find(); err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.c.Find(ctx, "contoso", host, c.value); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkFindCold(b *testing.B) {
	c := newCache(b, 0)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		c.c.Forget("contoso", c.s.ID, c.app.ID)
		if _, err := c.find(); err != nil {
			b.Fatal(err)
		}
	}
	_ = ctx
}

// BenchmarkMemory measures what one cached session with ten cookies holds.
func BenchmarkMemory(b *testing.B) {
	c := newCache(b, 0)
	const n = 2000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range n {
			s := c.signIn("dora", c.broker)
			app, key := c.begin(s)
			e, err := c.c.Find(b.Context(), "contoso", host, c.enter(app, key, host).Reveal())
			if err != nil {
				b.Fatal(err)
			}
			var lines []string
			for i := range 10 {
				lines = append(lines, fmt.Sprintf("cookie-%d=%040d; HttpOnly; Path=/; Secure", i, i))
			}
			if _, err := e.Jar.SetCookies(b.Context(), address(b, "https://files.app.example/"), lines, same); err != nil {
				b.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/session")
	}
}
