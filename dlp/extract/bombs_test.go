package extract

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// The bomb corpus: small files that would cost much, made here. Each must end with a verdict of its own, within bounds of
// memory and of text. BenchmarkBombs says what each costs.

// bomb is a hostile file. The verdict is one of these.
type bomb struct {
	name     string
	make     func(testing.TB) string
	verdicts []Status
}

// deflated packs as well as deflate can.
func deflated(t testing.TB, r io.Reader) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err == nil {
		_, err = io.Copy(w, r)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rawZip is a zip whose directory is given: entries with name, where their local header is, and sizes.
func rawZip(body string, entries []rawEntry) string {
	var dir bytes.Buffer
	for _, e := range entries {
		h := make([]byte, 46)
		copy(h, "PK\x01\x02\x14\x00\x14\x00\x00\x00")
		binary.LittleEndian.PutUint16(h[10:], e.method)
		binary.LittleEndian.PutUint32(h[20:], e.packed)
		binary.LittleEndian.PutUint32(h[24:], e.size)
		binary.LittleEndian.PutUint16(h[28:], uint16(len(e.name))) //nolint:gosec // a test's
		binary.LittleEndian.PutUint32(h[42:], e.at)
		dir.Write(h)
		dir.WriteString(e.name)
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	n := uint16(len(entries)) //nolint:gosec // its low bits, as the format has it
	binary.LittleEndian.PutUint16(end[8:], n)
	binary.LittleEndian.PutUint16(end[10:], n)
	binary.LittleEndian.PutUint32(end[12:], uint32(dir.Len())) //nolint:gosec // a test's
	binary.LittleEndian.PutUint32(end[16:], uint32(len(body))) //nolint:gosec // a test's
	return body + dir.String() + string(end)
}

type rawEntry struct {
	name             string
	method           uint16
	packed, size, at uint32
}

// local is a local header.
func local(e rawEntry) string {
	h := make([]byte, 30)
	copy(h, "PK\x03\x04\x14\x00\x00\x00")
	binary.LittleEndian.PutUint16(h[8:], e.method)
	binary.LittleEndian.PutUint32(h[18:], e.packed)
	binary.LittleEndian.PutUint32(h[22:], e.size)
	binary.LittleEndian.PutUint16(h[26:], uint16(len(e.name))) //nolint:gosec // a test's
	return string(h) + e.name
}

// nested is a zip of n zips, and so on, with a file of zeros in the innermost.
func nested(t testing.TB, levels, n int) string {
	inner := zipOf(t, "zeros", strings.Repeat("\x00", 1<<20))
	for range levels {
		var files []string
		for i := range n {
			files = append(files, fmt.Sprintf("%d.zip", i), inner)
		}
		inner = zipOf(t, files...)
	}
	return inner
}

var bombs = []bomb{
	{"zip of one word", func(t testing.TB) string {
		packed := deflated(t, text(96<<20))
		e := rawEntry{"words", 8, uint32(len(packed)), 96 << 20, 0} //nolint:gosec // a test's
		return rawZip(local(e)+packed, []rawEntry{e})
	}, []Status{Limited}},
	{"zip of one file under many names", func(t testing.TB) string { // Fifield, A better zip bomb: all overlap
		packed := deflated(t, text(16<<20))
		e := rawEntry{"words", 8, uint32(len(packed)), 16 << 20, 0} //nolint:gosec // a test's
		var entries []rawEntry
		for range 10_000 {
			entries = append(entries, e)
		}
		return rawZip(local(e)+packed, entries)
	}, []Status{Limited}},
	{"zips in zips", func(t testing.TB) string { return nested(t, 6, 10) }, []Status{Limited, Unsupported, Corrupt}},
	{"zip in itself", func(t testing.TB) string { // as a quine would be to a reader: as deep as one goes
		return nested(t, 40, 1)
	}, []Status{Limited}},
	{"zip of half a million names", func(testing.TB) string {
		entries := make([]rawEntry, 500_000)
		for i := range entries {
			entries[i].name = "f"
		}
		return rawZip("PK\x03\x04", entries)
	}, []Status{Limited}},
	{"docx of half a million parts", func(testing.TB) string {
		entries := make([]rawEntry, 500_000)
		for i := range entries {
			entries[i].name = "word/a.xml"
		}
		entries[0].name = "[Content_Types].xml"
		return rawZip("PK\x03\x04", entries)
	}, []Status{Limited}},
	{"gzip of one word", func(t testing.TB) string {
		return "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + deflated(t, text(96<<20)) + "\x00\x00\x00\x00\x00\x00\x00\x06"
	}, []Status{Limited}},
	{"gzip in gzip", func(t testing.TB) string {
		data := gzipOf(t, strings.Repeat("\x00", 8<<20))
		for range 20 {
			data = gzipOf(t, data)
		}
		return data
	}, []Status{Limited}},
	{"zstd of text", func(t testing.TB) string {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b)
		if err == nil {
			_, err = io.Copy(w, text(96<<20))
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}, []Status{Limited}},
	{"xz of text", func(t testing.TB) string {
		return made(t, "a.xz", []string{"sh", "-c", "yes text | head -c 90000000 | xz -0 > a.xz"})
	}, []Status{Limited}},
	{"bzip2 of text", func(t testing.TB) string {
		return made(t, "a.bz2", []string{"sh", "-c", "head -c 90000000 /dev/zero | tr '\\0' a | 7z a -tbzip2 -mx=1 -si a.bz2"})
	}, []Status{Limited}},
	{"7z of text", func(t testing.TB) string {
		return made(t, "a.7z", []string{"sh", "-c", "yes text | head -c 90000000 | 7z a -mx=1 -sitext a.7z"})
	}, []Status{Limited}},
	{"7z with many dictionaries", func(testing.TB) string { // each folder claims 64 MB for nothing
		n := 10_000
		list := "\x01\x04\x06" + sz(0) + sz(uint64(n)) + "\x09" + strings.Repeat("\x00", n) + "\x00\x07\x0b" + sz(uint64(n)) + "\x00" + strings.Repeat("\x01\x21\x21\x01\x1c", n) + "\x0c" + strings.Repeat(sz(64<<20), n) + "\x00\x00\x00" //nolint:gosec // a test's
		return szOf("", list)
	}, []Status{Limited, Corrupt}},
	{"rar that claims much", func(testing.TB) string {
		return strings.Replace(rarOf("a", "text", 0), "\x00\x00\x01\x01a", "\x00\x00\x01\x01a", 1) + strings.Repeat("\xff", 1000)
	}, []Status{Complete, Corrupt}},
	{"entities in entities", func(t testing.TB) string {
		var b strings.Builder
		b.WriteString(`<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "lol">`)
		for i := 1; i < 12; i++ {
			fmt.Fprintf(&b, `<!ENTITY a%d "%s">`, i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
		}
		b.WriteString("]><w:document><w:p><w:t>&a11;</w:t></w:p></w:document>")
		return zipOf(t, "[Content_Types].xml", "<Types/>", "word/document.xml", b.String())
	}, []Status{Complete}},
	{"arrays in arrays", func(testing.TB) string { return strings.Repeat("[", 20<<20) }, []Status{Limited, Complete, Corrupt}},
	{"elements in elements", func(testing.TB) string { return "<html>" + strings.Repeat("<div>", 4<<20) }, []Status{Limited, Complete}},
	{"groups in groups", func(testing.TB) string { return `{\rtf1` + strings.Repeat("{", 20<<20) }, []Status{Limited}},
	{"objects in objects", func(testing.TB) string {
		data := `{\rtf1 core}`
		for range 6 {
			data = `{\rtf1{\object{\*\objdata ` + objectOf("a.rtf", data) + "}}}"
		}
		return data
	}, []Status{Limited, Complete}},
	{"messages in messages", func(testing.TB) string {
		return strings.Repeat("From: a\nTo: b\nSubject: c\nContent-Type: message/rfc822\n\n", 100_000)
	}, []Status{Limited, Complete, Corrupt}},
	{"one text in a hundred million cells", func(t testing.TB) string {
		rows := "<row>" + strings.Repeat(`<c t="s"><v>0</v></c>`, 3_000_000) + "</row>"
		return bookOf(t, "<si><t>"+strings.Repeat("much text ", 1000)+"</t></si>", rows)
	}, []Status{Limited}},
	{"a cell a billion times", func(t testing.TB) string {
		return zipOf(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", `<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>much text</text:p></table:table-cell></table:table-row>`)
	}, []Status{Complete}},
	{"a picture of four billion pixels", func(testing.TB) string {
		ihdr := "IHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x00\x00\x00\x00"
		return "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + ihdr + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(ihdr))))
	}, []Status{Unsupported}},
}

// text is n bytes of one word.
func text(n int64) io.Reader {
	return io.LimitReader(&repeater{strings.Repeat("text ", 800), 0}, n)
}

type repeater struct {
	text string
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// peak watches the heap while something runs, and returns by how much it grew at most.
func peak(run func()) int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64()) //nolint:gosec // a size
	}
	runtime.GC()
	before := read()
	most := before
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				most = max(most, read())
			}
		}
	}()
	run()
	close(done)
	<-stopped
	return max(most, read()) - before
}

// mostHeap is what a hostile file may take beside itself: a member held in memory, its copy, a dictionary, and what the
// collector has not looked at yet.
const mostHeap = 384 << 20

// TestBombCorpus runs alone: it looks at the whole heap.
func TestBombCorpus(t *testing.T) { //nolint:paralleltest // as above
	for _, b := range bombs {
		data := b.make(t)
		var res Result
		var written int64
		grown := peak(func() {
			var err error
			w := &counter{}
			if res, err = Extract(t.Context(), io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), w, Limits{}); err != nil {
				t.Fatalf("%s: %v", b.name, err)
			}
			written = w.n
		})
		ok := false
		for _, v := range b.verdicts {
			ok = ok || v == res.Status
		}
		most := Limits{}.withDefaults(int64(len(data))).Text
		if !ok || written > most || grown > mostHeap {
			t.Errorf("%s: %s %.3v, %d MB of text, %d MB more on the heap", b.name, res.Status, res.Open, written>>20, grown>>20)
		}
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// BenchmarkBombs reports what each costs: time, and heap at its peak.
func BenchmarkBombs(b *testing.B) {
	for _, x := range bombs {
		b.Run(strings.ReplaceAll(x.name, " ", "-"), func(b *testing.B) {
			data := x.make(b)
			b.ResetTimer()
			var most int64
			for b.Loop() {
				most = max(most, peak(func() {
					_, _ = Extract(b.Context(), io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), io.Discard, Limits{})
				}))
			}
			b.ReportMetric(float64(most)/1e6, "peak-MB")
			b.ReportMetric(float64(len(data))/1e3, "file-kB")
		})
	}
}
