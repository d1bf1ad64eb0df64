package recognise

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
)

// relatedBody writes parts, each as headers and content, divided by boundary b.
func relatedBody(parts ...[2]string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--b\r\n" + p[0] + "\r\n\r\n" + p[1] + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

const drive = "/upload/drive/v3/files?uploadType=multipart"

// TestRelated: a file in a multipart/related body goes by the name in the part that describes it, and by every other one
// that it may be kept by.
func TestRelated(t *testing.T) {
	t.Parallel()
	about := func(text string) [2]string { return [2]string{"Content-Type: application/json; charset=UTF-8", text} }
	media := func(kind string) [2]string { return [2]string{"Content-Type: " + kind, "bytes of the file"} }
	const kind = "multipart/related; boundary=b"
	for _, c := range []struct {
		name, target, kind string
		header             string // name: value
		body               string
		want               string // files, then names they also go by
	}{
		{"Google Drive v3", drive, kind, "", relatedBody(about(`{"name":"q3.docx","parents":["x"]}`), media("application/octet-stream")), "q3.docx |"},
		{"Google Drive v2", drive, kind, "", relatedBody(about(`{"title":"q3.docx"}`), media("image/png")), "q3.docx |"},
		{"a text file", drive, kind, "", relatedBody(about(`{"name":"notes.txt"}`), media("text/plain")), "notes.txt |"},
		{"a JSON file", drive, kind, "", relatedBody(about(`{"name":"data.json"}`), [2]string{"Content-Type: application/json", `{"name":"inner.docx"}`}), "data.json |"},
		{"the path names a file too", "/files/harmless.txt", kind, "", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx | harmless.txt"},
		{"the request names it too", drive + "&name=asked.pdf", kind, "X-File-Name: said.pdf", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx | said.pdf"},
		{"the part names it too", drive, kind, "", relatedBody(about(`{"name":"q3.docx"}`), [2]string{"Content-Disposition: attachment; filename=own.exe\r\nContent-Type: application/octet-stream", "x"}), "q3.docx | own.exe"},
		{"said twice, nested, in other letters", drive, kind, "", relatedBody(about(`{"name":"a.txt","NAME":"b.txt","name":"c.txt","item":{"originalFilename":"d.txt","x":[{"title":"e.txt"}]},"other":"f.txt"}`), media("text/csv")), "a.txt | b.txt c.txt d.txt e.txt"},
		{"without a type", drive, kind, "", relatedBody([2]string{"Content-Id: <1>", `{"name":"q3.docx"}`}, media("text/plain")), "q3.docx |"},
		{"nothing says a name", "/soap", kind, "", relatedBody([2]string{"Content-Type: application/xop+xml", "<x/>"}, media("application/octet-stream")), "soap soap |"},
		{"the description comes second", "/u", kind, "", relatedBody(media("application/octet-stream"), about(`{"name":"late.docx"}`)), "u u | late.docx"},
		{"another part is the description", "/u", kind + "; start=\"<2>\"", "", relatedBody(about(`{"name":"a.txt"}`), [2]string{"Content-Id: <2>\r\nContent-Type: application/json", `{"name":"b.docx"}`}, media("text/plain")), "a.txt a.txt | b.docx b.docx"},
		{"another multipart type, as Google takes it", drive, "multipart/mixed; boundary=b", "", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx |"},
		{"by the other protocol's header", "/upload/storage/v1/b/x/o", "multipart/mixed; boundary=b", "X-Goog-Upload-Protocol: multipart", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx |"},
		{"said twice, the second", "/upload/drive/v3/files?uploadType=media&uploadType=multipart", "multipart/mixed; boundary=b", "", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx |"},
		{"by the other protocol, said twice", "/upload/x?upload_protocol=raw&upload_protocol=Multipart", "multipart/mixed; boundary=b", "", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx |"},
		{"requests in one body are none", "/batch", "multipart/mixed; boundary=b", "", relatedBody([2]string{"Content-Type: application/http", "GET /x HTTP/1.1"}), " |"},
		{"hidden behind a resumable upload", "/upload/drive/v3/files?uploadType=resumable", kind, "", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx |"},
		{"hidden behind a chunk", drive, kind, "Content-Range: bytes 0-9/100", relatedBody(about(`{"name":"q3.docx"}`), media("application/octet-stream")), "q3.docx |"},
		{"a file in the first part", drive, kind, "", relatedBody(media("application/pdf")), "files |"},
		{"a file that is said to be a description", drive, kind, "", relatedBody([2]string{"Content-Disposition: form-data; filename=x.json\r\nContent-Type: application/json", `{"name":"y.json"}`}), "x.json | y.json"},
	} {
		for _, slow := range []bool{false, true} {
			var in io.Reader = strings.NewReader(c.body)
			if slow {
				in = iotest.OneByteReader(in)
			}
			w, out, err := relate(t, c.target, c.kind, c.header, in)
			var files []string
			for _, f := range w.files {
				files = append(files, f.Name)
			}
			if got := strings.TrimRight(fmt.Sprintf("%s | %s", strings.Join(files, " "), strings.Join(w.also, " ")), " "); got != c.want || err != nil || out != c.body {
				t.Errorf("%s: %q, want %q; %v, %d of %d bytes", c.name, got, c.want, err, len(out), len(c.body))
			}
		}
	}
	for name, body := range map[string]string{
		"no JSON":             relatedBody(about(`{"name":"q3.docx"`), media("text/plain")),
		"more than JSON":      relatedBody(about(`{"name":"q3.docx"}}`), media("text/plain")),
		"too long":            relatedBody(about(`{"name":"q3.docx","x":"`+strings.Repeat("x", maxDescription)+`"}`), media("text/plain")),
		"too many names":      relatedBody(about(`{"name":"0"`+manyNames()+`}`), media("text/plain")),
		"encoded":             relatedBody([2]string{"Content-Type: application/json\r\nContent-Transfer-Encoding: base64", "eyJuYW1lIjoieCJ9"}, media("text/plain")),
		"two types":           relatedBody([2]string{"Content-Type: application/json\r\nContent-Type: text/plain", `{"name":"q3.docx"}`}, media("text/plain")),
		"bare line feeds":     strings.ReplaceAll(relatedBody(about(`{"name":"q3.docx"}`), media("text/plain")), "\r\n", "\n"),
		"without an end":      strings.TrimSuffix(relatedBody(about(`{"name":"q3.docx"}`), media("text/plain")), "--b--\r\n"),
		"another kind of end": "--c--",
	} {
		if w, _, err := relate(t, drive, kind, "", strings.NewReader(body)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, files %v", name, err, w.files)
		}
	}
}

// TestCoded: a part that says anywhere among its headers that it is encoded is known to be, and headers that two readers
// may read in two ways are refused.
func TestCoded(t *testing.T) {
	t.Parallel()
	const encoded, kind = "Content-Transfer-Encoding: base64", "Content-Type: application/octet-stream"
	long := "X: " + strings.Repeat("x", maxHeaders)
	for _, c := range []struct {
		name, headers string
		coded, ok     bool
	}{
		{"not", kind, false, true},
		{"as it is", kind + "\r\ncontent-transfer-encoding: Binary ", false, true},
		{"encoded", encoded + "\r\n" + kind, true, true},
		{"before what looks like a boundary", kind + "\r\n" + encoded + "\r\n--x: y", true, true},
		{"in two ways", encoded + "\r\nContent-Transfer-Encoding: 7bit", true, true},
		{"in some way of its own", "Content-Transfer-Encoding: x-own", true, true},
		{"in none", "Content-Transfer-Encoding:", true, true},
		{"with a space", "Content-Transfer-Encoding : base64", false, false},
		{"with a sign", "Content-Transfer-Encoding\x7f: base64", false, false},
		{"without a name", ": base64", false, false},
		{"long ago", encoded + "\r\n" + long, false, false},
		{"with the boundary", "A: b\r\n--b: c\r\n" + kind, false, false},
		{"with the boundary first", "--b: c\r\n" + kind, false, false},
	} {
		for at, parts := range map[string][][2]string{
			"described": {{"Content-Type: application/json", `{"name":"q3.docx"}`}, {c.headers, "\xff\xd8\xff\xe0Zm9v"}},
			"form":      {{c.headers + "\r\nContent-Disposition: form-data; name=f; filename=q3.docx", "Zm9v"}},
		} {
			r, q := request(http.MethodPost, drive, map[string]string{"described": "multipart/related; boundary=b", "form": "multipart/form-data; boundary=b"}[at], strings.NewReader(relatedBody(parts...)))
			w := &witness{}
			b, err := NewBody(r, q, w)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = io.ReadAll(b); !c.ok {
				if !fault.Is(err, fault.Invalid) || len(w.files) > 0 {
					t.Errorf("%s, %s: %v, files %v", c.name, at, err, w.files)
				}
			} else if c.coded && w.files[0].TrueMIME != "" {
				t.Errorf("%s, %s: the type is read off bytes that are not the file's", c.name, at)
			} else if err != nil || b.Coded() != c.coded || len(w.files) != 1 {
				t.Errorf("%s, %s: coded %v, want %v; %v, files %v", c.name, at, b.Coded(), c.coded, err, w.files)
			}
		}
	}
}

func manyNames() string {
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, `,"k%d":{"name":"%d.txt"}`, i, i)
	}
	return b.String()
}

// TestRelatedRefused: whichever of its names is refused, no byte of the file goes up.
func TestRelatedRefused(t *testing.T) {
	t.Parallel()
	body := relatedBody([2]string{"Content-Type: application/json", `{"name":"q3.docx","title":"other.docx"}`}, [2]string{"Content-Type: text/plain", "SECRET"})
	for _, name := range []string{"q3.docx", "other.docx", "harmless.txt"} {
		r, q := request(http.MethodPost, "/files/harmless.txt", "multipart/related; boundary=b", strings.NewReader(body))
		w := &witness{refuse: name}
		b, err := NewBody(r, q, w)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Prime(1 << 20); !errors.Is(err, errRefused) {
			t.Errorf("%s: %v", name, err)
		}
		out, err := io.ReadAll(b)
		if !errors.Is(err, errRefused) || strings.Contains(string(out), "SECRET") {
			t.Errorf("%s: %v, %q went up", name, err, out)
		}
	}
	late := relatedBody([2]string{"Content-Type: application/pdf", "x"}, [2]string{"Content-Type: application/json", `{"name":"q3.docx"}`}, [2]string{"Content-Type: text/plain", "END"})
	r, q := request(http.MethodPost, "/u", "multipart/related; boundary=b", strings.NewReader(late))
	b, err := NewBody(r, q, &witness{refuse: "q3.docx"})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := io.ReadAll(b); !errors.Is(err, errRefused) || strings.Contains(string(out), "END") {
		t.Errorf("a name that comes late: %v, %q", err, out)
	}
}

func relate(t *testing.T, target, kind, header string, in io.Reader) (*witness, string, error) {
	t.Helper()
	r, q := request(http.MethodPost, target, kind, in)
	if key, value, ok := strings.Cut(header, ": "); ok {
		r.Header.Set(key, value)
		q = &RequestInfo{}
		Request(q, r, "files.example", catalog.RoleApp, nil)
	}
	w := &witness{}
	b, err := NewBody(r, q, w)
	if err != nil || b == nil {
		return w, "", err
	}
	out, err := io.ReadAll(b)
	return w, string(out), err
}

// FuzzRelated: whatever comes, what is let go is what came, and a name that is refused lets none of its file go.
func FuzzRelated(f *testing.F) {
	f.Add(relatedBody([2]string{"Content-Type: application/json", `{"name":"a.docx"}`}, [2]string{"Content-Type: text/plain", "x"}), "b")
	f.Add("--b\r\n\r\n{\"name\":\"a\"}\r\n--b \r\n\r\n\r\n--b--", "b")
	f.Fuzz(func(t *testing.T, body, boundary string) {
		r, q := request(http.MethodPost, drive, "multipart/related; boundary=\"x\"", strings.NewReader(body))
		r.Header["Content-Type"] = []string{"multipart/related; boundary=" + boundary}
		w := &witness{}
		b, err := NewBody(r, q, w)
		if err != nil || b == nil {
			return
		}
		out, err := io.ReadAll(b)
		if !strings.HasPrefix(body, string(out)) || err == nil && string(out) != body {
			t.Errorf("%q became %q, %v", body, out, err)
		}
		if len(w.also) > 0 && slices.Contains(w.also, "") {
			t.Error("an empty name")
		}
	})
}
