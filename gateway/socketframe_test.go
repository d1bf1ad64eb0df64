package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// frame makes a frame; key nil: unmasked.
func frame(fin bool, opcode byte, key, payload []byte) []byte {
	b := []byte{opcode, 0}
	if fin {
		b[0] |= 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b[1] = byte(n)
	default:
		b[1] = 126
		b = append(b, byte(n>>8), byte(n))
	}
	if key != nil {
		b[1] |= 0x80
		b = append(b, key...)
	}
	for i, c := range payload {
		if key != nil {
			c ^= key[i%4]
		}
		b = append(b, c)
	}
	return b
}

// relayed runs frames through a direction that lets no file pass, and returns what came out and the files seen.
func relayed(masked bool, in []byte) (out []byte, files []model.File, err error) {
	var w bytes.Buffer
	s := &stream{src: bufio.NewReader(bytes.NewReader(in)), dst: &w, masked: masked}
	s.h.t = &catalog.Target{Real: "app.test"}
	s.h.r = requestOf("/live")
	s.allow = func(f *model.File) bool { files = append(files, *f); return false }
	err = s.run()
	return w.Bytes(), files, err
}

func TestFrames(t *testing.T) {
	t.Parallel()
	key := []byte{1, 2, 3, 4}
	join := func(f ...[]byte) []byte { return bytes.Join(f, nil) }
	long := bytes.Repeat([]byte("text "), 3000)
	for name, c := range map[string]struct {
		masked  bool
		in      []byte
		passes  int // bytes of in that come out
		files   int
		noFrame bool
	}{
		"text":                     {false, frame(true, 1, nil, []byte("hello")), 7, 0, false},
		"long text":                {true, frame(true, 1, key, long), len(long) + 8, 0, false},
		"a file":                   {false, frame(true, 2, nil, []byte("%PDF-1.7")), 0, 1, false},
		"a masked file":            {true, frame(true, 2, key, []byte("%PDF-1.7")), 0, 1, false},
		"a file as text":           {true, frame(true, 1, key, []byte("%PDF-1.7")), 0, 1, false},
		"a picture":                {false, frame(true, 2, nil, []byte("\x89PNG\r\n\x1a\n")), 0, 1, false},
		"byte by byte":             {false, join(frame(false, 2, nil, []byte("%")), frame(false, 0, nil, nil), frame(false, 0, nil, []byte("PDF")), frame(true, 0, nil, []byte("-"))), 0, 1, false},
		"byte by byte, masked":     {true, join(frame(false, 2, key, []byte("%")), frame(false, 0, []byte{9, 9, 9, 9}, []byte("PDF")), frame(true, 0, key, []byte("-"))), 0, 1, false},
		"pings in between":         {false, join(frame(false, 2, nil, []byte("%PDF")), frame(true, 9, nil, []byte("x")), frame(true, 0, nil, []byte("-"))), 3, 1, false},
		"then a file":              {false, join(frame(true, 1, nil, []byte("hello")), frame(true, 2, nil, []byte("PK\x03\x04"))), 7, 1, false},
		"never ended":              {false, frame(false, 2, nil, append([]byte("%PDF-"), make([]byte, 5000)...)), 0, 1, false},
		"never ended, then closed": {false, join(frame(false, 2, nil, []byte("%PDF-")), frame(true, 8, nil, nil)), 0, 1, false},
		"close":                    {false, join(frame(false, 1, nil, []byte("a")), frame(true, 8, nil, []byte{3, 232})), 7, 0, false},
		"unmasked from a client":   {true, frame(true, 1, nil, []byte("a")), 0, 0, true},
		"masked from the app":      {false, frame(true, 1, key, []byte("a")), 0, 0, true},
		"compressed":               {false, append([]byte{0xc1, 1}, 'a'), 0, 0, true},
		"unknown data":             {false, frame(true, 3, nil, []byte("a")), 0, 0, true},
		"unknown control":          {false, frame(true, 11, nil, nil), 0, 0, true},
		"long control":             {false, frame(true, 9, nil, long[:126]), 0, 0, true},
		"control in pieces":        {false, frame(false, 9, nil, nil), 0, 0, true},
		"continues nothing":        {false, frame(true, 0, nil, []byte("a")), 0, 0, true},
		"message in a message":     {false, join(frame(false, 1, nil, []byte("a")), frame(true, 2, nil, []byte("%PDF-"))), 0, 0, true},
		"longer than can be":       {false, append([]byte{0x82, 127}, bytes.Repeat([]byte{255}, 8)...), 0, 0, true},
	} {
		out, files, err := relayed(c.masked, c.in)
		if len(files) != c.files || errors.Is(err, errFrame) != c.noFrame || errors.Is(err, errSocketStopped) != (c.files > 0) {
			t.Errorf("%s: %d files, %v", name, len(files), err)
		}
		if len(out) != c.passes {
			t.Errorf("%s: %d bytes passed, want %d", name, len(out), c.passes)
		}
	}
	// Empty fragments without end are no way to have a file held for ever, or passed.
	var many []byte
	many = append(many, frame(false, 2, nil, []byte("%PDF"))...)
	for range heldMost {
		many = append(many, frame(false, 0, nil, nil)...)
	}
	if _, files, err := relayed(true, padded(0)); !errors.Is(err, errFrame) || len(files) != 0 {
		t.Errorf("a first byte behind empty fragments: %d files, %v", len(files), err)
	}
	if out, _, err := relayed(true, padded(0)); len(out) != 0 {
		t.Errorf("%d bytes passed, %v", len(out), err)
	}
	if _, files, err := relayed(true, padded(200)); !errors.Is(err, errSocketStopped) || len(files) != 1 {
		t.Errorf("a file behind few empty fragments: %d files, %v", len(files), err)
	}
	s := &stream{src: bufio.NewReader(bytes.NewReader(many)), dst: &bytes.Buffer{}}
	s.h.t, s.h.r = &catalog.Target{Real: "app.test"}, requestOf("/live")
	s.allow = func(*model.File) bool { return false }
	if err := s.run(); !errors.Is(err, errFrame) || len(s.held) > heldMost+16 {
		t.Errorf("%d bytes held, %v", len(s.held), err)
	}
}

// padded is a document whose first byte comes behind so many empty fragments that little else can be held; spare bytes are
// left for it.
func padded(spare int) []byte {
	key := []byte{1, 2, 3, 4}
	b := frame(false, 2, key, nil)
	for len(b)+6 <= heldMost-spare*40 {
		b = append(b, frame(false, 0, key, nil)...)
	}
	b = append(b, frame(false, 0, key, []byte("%"))...)
	return append(b, frame(true, 0, key, append([]byte("PDF-1.7\n"), bytes.Repeat([]byte("x"), 9000)...))...)
}

func FuzzFrames(f *testing.F) {
	f.Add(false, frame(true, 1, nil, []byte("hello")))
	f.Add(true, frame(false, 2, []byte{1, 2, 3, 4}, []byte("%PDF-1.7")))
	f.Add(true, padded(0))
	f.Add(true, padded(200))
	f.Add(false, append(frame(false, 1, nil, []byte("a")), frame(true, 0, nil, []byte("b"))...))
	f.Fuzz(func(t *testing.T, masked bool, in []byte) {
		out, files, err := relayed(masked, in)
		if err == nil {
			t.Error("no end")
		}
		if len(out) > len(in) || len(files) > 1 {
			t.Errorf("%d bytes of %d, %d files", len(out), len(in), len(files))
		}
	})
}

func requestOf(path string) *http.Request {
	return &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}}
}
