package filesapp

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
	"unicode/utf16"
)

// The icon font is built here from polygons: a TrueType file (Apple TrueType Reference, OpenType 1.9) with
// the tables that browsers' sanitizers insist on. Icons stand in the private use area from U+E001 on.

// pt is a point of an outline in font units, y upwards; 1000 units are one em.
type pt struct{ x, y int16 }

// icon is one glyph: closed polygons, outer ones clockwise, holes the other way round.
type icon struct {
	name     string
	outlines [][]pt
}

func box(x0, y0, x1, y1 int16) []pt { return []pt{{x0, y0}, {x0, y1}, {x1, y1}, {x1, y0}} }
func hole(x0, y0, x1, y1 int16) []pt {
	return []pt{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// icons in the order of their code points. css/icons.css names them.
var icons = []icon{
	{"folder", [][]pt{{{80, 100}, {80, 720}, {400, 720}, {480, 620}, {920, 620}, {920, 100}}}},
	{"file", [][]pt{{{180, 20}, {180, 800}, {600, 800}, {820, 580}, {820, 20}}, hole(260, 100, 740, 500)}},
	{"download", [][]pt{{{430, 800}, {570, 800}, {570, 420}, {720, 420}, {500, 180}, {280, 420}, {430, 420}}, box(140, 20, 860, 110)}},
	{"upload", [][]pt{{{430, 200}, {430, 580}, {280, 580}, {500, 820}, {720, 580}, {570, 580}, {570, 200}}, box(140, 20, 860, 110)}},
	{"print", [][]pt{box(260, 620, 740, 800), {{80, 180}, {80, 580}, {920, 580}, {920, 180}}, hole(260, 40, 740, 340), box(320, 40, 680, 280)}},
	{"share", [][]pt{{{560, 800}, {920, 520}, {560, 240}, {560, 420}, {80, 180}, {300, 560}, {560, 620}}}},
	{"edit", [][]pt{{{120, 60}, {160, 300}, {640, 780}, {820, 600}, {340, 120}}}},
	{"eye", [][]pt{{{40, 400}, {260, 620}, {500, 690}, {740, 620}, {960, 400}, {740, 180}, {500, 110}, {260, 180}}, {{500, 250}, {640, 400}, {500, 550}, {360, 400}}}},
}

// iconRune returns the code point of an icon.
func iconRune(i int) rune { return rune(0xE001 + i) }

// iconFont returns the font file. The result is the same at every call.
func iconFont() []byte {
	glyf, loca, points, contours := glyphTable()
	count := uint16(len(icons) + 1) //nolint:gosec // eight icons and .notdef
	hmtx := new(bytes.Buffer)
	be(hmtx, uint16(1000), int16(0)) // .notdef
	for _, ic := range icons {
		left := ic.outlines[0][0].x
		for _, p := range slices.Concat(ic.outlines...) {
			left = min(left, p.x)
		}
		be(hmtx, uint16(1000), left)
	}
	tables := map[string][]byte{
		"head": packed(uint32(0x00010000), uint32(0x00010000), uint32(0), uint32(0x5F0F3CF5), uint16(0x0009), uint16(1000),
			int64(3_800_000_000), int64(3_800_000_000), int16(0), int16(0), int16(1000), int16(820), uint16(0), uint16(8), int16(2), int16(1), int16(0)),
		"hhea": packed(uint32(0x00010000), int16(820), int16(-180), int16(0), uint16(1000), int16(0), int16(0), int16(1000),
			int16(1), int16(0), int16(0), int64(0), int16(0), count),
		"maxp": packed(uint32(0x00010000), count, points, contours, uint16(0), uint16(0), uint16(1), uint16(0), uint16(0), uint16(0), uint16(0), uint16(0), uint16(0), uint16(0), uint16(0)),
		"hmtx": hmtx.Bytes(),
		"cmap": cmapTable(),
		"loca": loca,
		"glyf": glyf,
		"name": nameTable("Files Icons"),
		"post": packed(uint32(0x00030000), uint32(0), int16(-75), int16(50), uint32(0), uint32(0), uint32(0), uint32(0), uint32(0)),
		"OS/2": os2Table(),
	}
	return assemble(tables)
}

func glyphTable() (glyf, loca []byte, maxPoints, maxContours uint16) {
	g, l := new(bytes.Buffer), new(bytes.Buffer)
	be(l, uint32(0), uint32(0)) // .notdef is empty
	for _, ic := range icons {
		var xs, ys []int16
		var ends []uint16
		for _, outline := range ic.outlines {
			for _, p := range outline {
				xs, ys = append(xs, p.x), append(ys, p.y)
			}
			ends = append(ends, uint16(len(xs)-1)) //nolint:gosec // a few dozen points
		}
		maxPoints, maxContours = max(maxPoints, uint16(len(xs))), max(maxContours, uint16(len(ends))) //nolint:gosec // as above
		be(g, int16(len(ends)), least(xs), least(ys), most(xs), most(ys), ends, uint16(0))            //nolint:gosec // as above
		g.Write(bytes.Repeat([]byte{1}, len(xs)))                                                     // every point on the curve, long deltas
		be(g, deltas(xs), deltas(ys))
		for g.Len()%4 != 0 {
			g.WriteByte(0)
		}
		be(l, uint32(g.Len())) //nolint:gosec // under a kilobyte
	}
	return g.Bytes(), l.Bytes(), maxPoints, maxContours
}

// cmapTable maps the private use code points with one format 4 segment.
func cmapTable() []byte {
	first, last := uint16(0xE001), uint16(0xE000+len(icons)) //nolint:gosec // eight icons
	sub := packed(uint16(4), uint16(32), uint16(0), uint16(4), uint16(4), uint16(1), uint16(0),
		last, uint16(0xFFFF), uint16(0), first, uint16(0xFFFF), 1-first, uint16(1), uint16(0), uint16(0))
	return append(packed(uint16(0), uint16(1), uint16(3), uint16(1), uint32(12)), sub...)
}

func nameTable(family string) []byte {
	values := []struct {
		id   uint16
		text string
	}{{1, family}, {2, "Regular"}, {3, family + " 1"}, {4, family}, {5, "Version 1.0"}, {6, "FilesIcons"}}
	records, text := new(bytes.Buffer), new(bytes.Buffer)
	for _, v := range values {
		enc := packed(utf16.Encode([]rune(v.text)))
		be(records, uint16(3), uint16(1), uint16(0x409), v.id, uint16(len(enc)), uint16(text.Len())) //nolint:gosec // short constants
		text.Write(enc)
	}
	n := uint16(len(values)) //nolint:gosec // six
	return append(append(packed(uint16(0), n, 6+12*n), records.Bytes()...), text.Bytes()...)
}

func os2Table() []byte {
	first, last := uint16(0xE001), uint16(0xE000+len(icons)) //nolint:gosec // eight icons
	return packed(uint16(4), int16(1000), uint16(400), uint16(5), uint16(0),
		int16(650), int16(700), int16(0), int16(140), int16(650), int16(700), int16(0), int16(480), int16(50), int16(250), int16(0),
		[10]uint8{}, uint32(0), uint32(1<<28), uint32(0), uint32(0), [4]uint8{'N', 'O', 'N', 'E'}, uint16(0x40), first, last,
		int16(820), int16(-180), int16(0), uint16(820), uint16(180), uint32(1), uint32(0), int16(500), int16(700), uint16(0), uint16(32), uint16(0))
}

// assemble writes the table directory, the tables in order of their tags, and the checksums.
func assemble(tables map[string][]byte) []byte {
	var tags []string
	for tag := range tables {
		tags = append(tags, tag)
	}
	sort.Strings(tags)
	n := uint16(len(tags)) //nolint:gosec // ten
	power, exp := uint16(1), uint16(0)
	for power*2 <= n {
		power, exp = power*2, exp+1
	}
	dir, body := new(bytes.Buffer), new(bytes.Buffer)
	be(dir, uint32(0x00010000), n, power*16, exp, n*16-power*16)
	headAt := 0
	for _, tag := range tags {
		at := 12 + 16*int(n) + body.Len()
		if tag == "head" {
			headAt = at
		}
		dir.WriteString(tag)
		be(dir, checksum(tables[tag]), uint32(at), uint32(len(tables[tag]))) //nolint:gosec // a few kilobytes
		body.Write(tables[tag])
		for body.Len()%4 != 0 {
			body.WriteByte(0)
		}
	}
	out := append(dir.Bytes(), body.Bytes()...)
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(b []byte) uint32 {
	var sum uint32
	for len(b) > 0 {
		var word [4]byte
		copy(word[:], b)
		sum += binary.BigEndian.Uint32(word[:])
		b = b[min(4, len(b)):]
	}
	return sum
}

// be appends fixed-size values in big-endian order.
func be(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		if err := binary.Write(b, binary.BigEndian, v); err != nil {
			panic(err) // only for a type without a fixed size: a mistake in this file
		}
	}
}

func packed(values ...any) []byte {
	b := new(bytes.Buffer)
	be(b, values...)
	return b.Bytes()
}

func deltas(v []int16) []int16 {
	out := make([]int16, len(v))
	for i := range v {
		out[i] = v[i]
		if i > 0 {
			out[i] -= v[i-1]
		}
	}
	return out
}

func least(v []int16) int16 {
	out := v[0]
	for _, n := range v {
		out = min(out, n)
	}
	return out
}

func most(v []int16) int16 {
	out := v[0]
	for _, n := range v {
		out = max(out, n)
	}
	return out
}
