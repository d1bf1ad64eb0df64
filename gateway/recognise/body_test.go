package recognise

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// witness is a sink that remembers what it was told.
type witness struct {
	files  []model.File
	also   []string
	done   []string
	refuse string
}

var errRefused = errors.New("refused")

func (w *witness) File(f *model.File, _ []byte) error {
	w.files = append(w.files, *f)
	if w.refuse != "" && f.Name == w.refuse {
		return errRefused
	}
	return nil
}

func (w *witness) Also(f *model.File, head []byte) error {
	w.also = append(w.also, f.Name)
	if w.refuse != "" && f.Name == w.refuse {
		return errRefused
	}
	return nil
}

func (w *witness) Done(f *model.File, n int64, sum [32]byte, err error) {
	w.done = append(w.done, fmt.Sprintf("%s %d %x %v", f.Name, n, sum[:4], err))
}

func request(method, target, contentType string, body io.Reader) (*http.Request, *RequestInfo) {
	r := httptest.NewRequest(method, target, body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	var q RequestInfo
	Request(&q, r, "files.example", catalog.RoleApp, nil)
	return r, &q
}

func form(t testing.TB, parts func(*multipart.Writer)) (string, []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	parts(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func mustPart(w *multipart.Writer, field, file string, content []byte) {
	var p io.Writer
	var err error
	if file == "" {
		p, err = w.CreateFormField(field)
	} else {
		p, err = w.CreateFormFile(field, file)
	}
	if err == nil {
		_, err = p.Write(content)
	}
	if err != nil {
		panic(err)
	}
}

func TestMultipartTellsEachFileAndChangesNoByte(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte("0123456789\r\n--x"), 20_000)
	kind, body := form(t, func(w *multipart.Writer) {
		mustPart(w, "title", "", []byte("hello"))
		mustPart(w, "a", "empty.txt", nil)
		mustPart(w, "b", "big.bin", big)
		mustPart(w, "c", `qu"ote.pdf`, []byte("%PDF-1.7 small"))
	})
	for name, reader := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "one byte at a time": iotest.OneByteReader, "halves": iotest.HalfReader} {
		r, q := request("POST", "/up", kind, reader(bytes.NewReader(body)))
		r.ContentLength = int64(len(body))
		w := &witness{}
		b, err := NewBody(r, q, w)
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(out, body) {
			t.Fatalf("%s: body changed (%d of %d bytes), %v", name, len(out), len(body), err)
		}
		sum := sha256.Sum256(big)
		want := []string{"empty.txt 0", "big.bin 300000 " + fmt.Sprintf("%x", sum[:4]), `qu"ote.pdf 14`}
		if len(w.done) != len(want) {
			t.Fatalf("%s: told of %q", name, w.done)
		}
		for i := range want {
			if !strings.HasPrefix(w.done[i], want[i]) {
				t.Errorf("%s: file %d was told as %q, want %q…", name, i, w.done[i], want[i])
			}
		}
		if w.files[2].TrueMIME != "application/pdf" {
			t.Errorf("%s: true type %q", name, w.files[2].TrueMIME)
		}
	}
}

func TestRefusedFileLeavesNoByte(t *testing.T) {
	t.Parallel()
	canary := []byte("CANARY-7f3a")
	kind, body := form(t, func(w *multipart.Writer) {
		mustPart(w, "a", "fine.txt", []byte("fine"))
		mustPart(w, "b", "secret.txt", bytes.Repeat(canary, 10_000))
	})
	r, q := request("POST", "/up", kind, bytes.NewReader(body))
	b, err := NewBody(r, q, &witness{refuse: "secret.txt"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(b)
	if !errors.Is(err, errRefused) || bytes.Contains(out, canary) {
		t.Fatalf("err %v, canary left: %v", err, bytes.Contains(out, canary))
	}
	if n, err := b.Read(make([]byte, 10)); n != 0 || !errors.Is(err, errRefused) {
		t.Fatalf("read after refusal gave %d, %v", n, err)
	}
}

func TestPrimeRefusesBeforeAnythingIsRead(t *testing.T) {
	t.Parallel()
	r, q := request("PUT", "/files/plan.docx", "application/octet-stream", strings.NewReader("PK\x03\x04"+strings.Repeat("x", 1<<20)))
	b, err := NewBody(r, q, &witness{refuse: "plan.docx"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Prime(64 << 10); !errors.Is(err, errRefused) {
		t.Fatalf("Prime = %v", err)
	}
}

func TestMalformedMultipartIsRefused(t *testing.T) {
	t.Parallel()
	const kind = `multipart/form-data; boundary=b`
	head := "Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\n"
	cases := map[string]string{
		"no boundary":               "just bytes",
		"bare line feed":            "--b\r\n" + head + "data\n--b--\r\n",
		"something after boundary":  "--b\r\n" + head + "data\r\n--bx\r\n",
		"ends inside a part":        "--b\r\n" + head + "data",
		"headers without end":       "--b\r\nContent-Disposition: form-data",
		"folded header":             "--b\r\nContent-Disposition: form-data;\r\n filename=\"x\"\r\n\r\ndata\r\n--b--\r\n",
		"two dispositions":          "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n" + head + "data\r\n--b--\r\n",
		"header without a colon":    "--b\r\nfilename\r\n\r\ndata\r\n--b--\r\n",
		"boundary at the very end":  "--b\r\n" + head + "data\r\n--b",
		"nul in a header":           "--b\r\nContent-Disposition: form-data\x00\r\n\r\ndata\r\n--b--\r\n",
		"preamble's bare line feed": "hello\n--b\r\n" + head + "data\r\n--b--\r\n",
	}
	for name, body := range cases {
		r, q := request("POST", "/up", kind, strings.NewReader(body))
		b, err := NewBody(r, q, &witness{})
		if err == nil {
			_, err = io.ReadAll(b)
		}
		if err == nil {
			t.Errorf("%s was let pass", name)
		}
	}
}

func TestFileWithoutItsNameIsFoundByItsBytes(t *testing.T) {
	t.Parallel()
	r, q := request("POST", "/api/save", "application/json", strings.NewReader("PK\x03\x04 not JSON at all"))
	w := &witness{}
	b, err := NewBody(r, q, w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(b); err != nil || len(w.files) != 1 {
		t.Fatalf("told of %d files, %v", len(w.files), err)
	}
	r, q = request("POST", "/api/save", "application/json", strings.NewReader(`{"a":1}`))
	w = &witness{}
	if b, err = NewBody(r, q, w); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(b); err != nil || len(w.files) != 0 {
		t.Fatalf("JSON was told as %d files, %v", len(w.files), err)
	}
}

// FuzzMultipart holds the scanner against the standard library's parser: whatever passes is unchanged, and every
// file that the library sees in what passed was told to the sink.
func FuzzMultipart(f *testing.F) {
	_, body := form(f, func(w *multipart.Writer) {
		_ = w.SetBoundary("b")
		mustPart(w, "t", "", []byte("v"))
		mustPart(w, "f", "n.txt", []byte("data"))
	})
	f.Add(body, 7)
	f.Add([]byte("--b\r\nContent-Disposition: form-data; filename=x\r\n\r\n--b--"), 1)
	f.Fuzz(func(t *testing.T, body []byte, chunk int) {
		r, q := request("POST", "/up", "multipart/form-data; boundary=b", bytes.NewReader(body))
		r.Body = io.NopCloser(&chunked{body, max(1, chunk%4096)})
		r.ContentLength = -1
		w := &witness{}
		b, err := NewBody(r, q, w)
		if err != nil || b == nil {
			return
		}
		out, err := io.ReadAll(b)
		if !bytes.HasPrefix(body, out) {
			t.Fatal("bytes were changed")
		}
		if err != nil {
			return
		}
		if !bytes.Equal(body, out) {
			t.Fatal("bytes were lost without an error")
		}
		seen := map[string]bool{}
		for _, f := range w.files {
			seen[f.Name] = true
		}
		parts := multipart.NewReader(bytes.NewReader(out), "b")
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			if p.FileName() != "" && len(w.files) == 0 {
				t.Fatalf("the library sees file %q, the scanner told of none", p.FileName())
			}
		}
	})
}

type chunked struct {
	rest []byte
	n    int
}

func (c *chunked) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.n)], c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
