package rewrite

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// manyHosts maps n hosts beside those of the tests, as a catalogue does: by a hash table.
func manyHosts(n int) hostMap {
	m := hostMap{}
	for real, mapped := range testHosts {
		m[real] = mapped
	}
	for i := len(m); i < n; i++ {
		m[fmt.Sprintf("app-%d.example.com", i)] = fmt.Sprintf("app--%d-example-com.demo.gate.test", i)
	}
	return m
}

// benchPage is a page of 100 kB with 476 references to hosts.
func benchPage() string {
	var page strings.Builder
	page.WriteString("<!doctype html><html><head></head><body>")
	for i := range 476 {
		fmt.Fprintf(&page, `<div class="row item-%d"><a href="https://files.app.test/doc/%d">Document number %d</a><p>%s</p></div>`, i, i, i, strings.Repeat("word ", 22))
	}
	return page.String()
}

var benchBodies = []struct {
	name string
	kind Kind
	text string
}{
	{"HTML100kB476", HTML, benchPage()},
	{"HTMLplain", HTML, strings.ReplaceAll(benchPage(), "https://files.app.test", "")},
	{"JS", JS, strings.Repeat(`function a(e,t){return e.prototype.call(this,t.value.length),n.get("x").then(r=>r.json())}var u="https://files.app.test/api/v1/items";`, 800)},
	{"CSS", CSS, strings.Repeat(`.row .item>a:hover{background:#fff url(https://static.app.test/i/icon.png) no-repeat 0 .5em;margin:0 .25rem}`, 1000)},
	{"JSON", JSON, strings.Repeat(`{"id":"0123456789","name":"Board papers.docx","downloadUrl":"https://files.app.test/d/1","size":12345,"by":{"name":"Anna"}},`, 900)},
	{"SVG", SVG, `<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat(`<path fill="none" d="M10 10h4v4h-4z"/><use href="https://static.app.test/i.svg#a"/>`, 1200) + `</svg>`},
}

// BenchmarkBodies says how many bytes of each type one core rewrites, at the catalogue's sizes.
func BenchmarkBodies(b *testing.B) {
	for _, body := range benchBodies {
		for _, n := range []int{1, 50, 5000} {
			b.Run(fmt.Sprintf("%s/%dhosts", body.name, n), func(b *testing.B) {
				hosts := manyHosts(n)
				b.SetBytes(int64(len(body.text)))
				b.ReportAllocs()
				for b.Loop() {
					r, err := New(body.kind, io.NopCloser(strings.NewReader(body.text)), Options{Hosts: hosts, Fields: []string{"downloadUrl"}})
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkFirstByte says how long rewriting holds the first bytes of a page back.
func BenchmarkFirstByte(b *testing.B) {
	text, buf := benchPage(), make([]byte, 1)
	var sum time.Duration
	for b.Loop() {
		start := time.Now()
		r, err := New(HTML, io.NopCloser(strings.NewReader(text)), Options{Hosts: testHosts, Inject: []byte("<script></script>")})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Read(buf); err != nil {
			b.Fatal(err)
		}
		sum += time.Since(start)
	}
	b.ReportMetric(float64(sum.Nanoseconds())/float64(b.N), "ns-to-first-byte")
}
