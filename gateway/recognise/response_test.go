package recognise

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

const pdfHead = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"

func TestResponse(t *testing.T) {
	t.Parallel()
	profile, err := Compile(catalog.Profile{Previews: []string{"/preview/**"}, Downloads: []string{"/export/*"}, NeverFiles: []string{"/assets/**"}})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, path, dest, mode, kind, disposition, head string
		role                                            catalog.Role
		class                                           Class
		download, attachment                            bool
		file                                            string
	}{
		{name: "page", path: "/", dest: "document", mode: "navigate", kind: "text/html", head: "<!doctype html><p>", class: ClassPage},
		{name: "script", path: "/a.js", dest: "script", kind: "text/javascript", head: "import x from 'y'", class: ClassCode},
		{name: "json", path: "/api/list", dest: "empty", kind: "application/json", head: `{"files":[]}      `, class: ClassData},
		{name: "guarded json", path: "/api/list", dest: "empty", kind: "application/json", head: ")]}'\n[1]            ", class: ClassData},
		{name: "attachment", path: "/get/7", dest: "document", mode: "navigate", kind: "text/plain", disposition: `attachment; filename="plan.txt"`, head: "the whole secret plan", class: ClassData, download: true, attachment: true, file: "plan.txt"},
		{name: "navigation to pdf", path: "/docs/plan.pdf", dest: "document", mode: "navigate", kind: "application/pdf", head: pdfHead, class: ClassFile, download: true, file: "plan.pdf"},
		{name: "navigation to docx", path: "/docs/plan.docx", dest: "document", mode: "navigate", kind: "application/octet-stream", head: "PK\x03\x04aaaaaaaaaaaaaaaa", class: ClassFile, download: true, attachment: true, file: "plan.docx"},
		{name: "fetch to blob", path: "/docs/plan.pdf", dest: "empty", kind: "application/pdf", head: pdfHead, class: ClassFile, download: true, file: "plan.pdf"},
		{name: "pdf as text", path: "/x", dest: "empty", kind: "text/plain", head: pdfHead, class: ClassFile, download: true, file: "x"},
		{name: "docx as json", path: "/x", dest: "empty", kind: "application/json", head: "PK\x03\x04aaaaaaaaaaaaaaaa", class: ClassFile, download: true, file: "x"},
		{name: "pdf as image for an image", path: "/x.png", dest: "image", kind: "image/png", head: pdfHead, class: ClassFile, download: true, file: "x.png"},
		{name: "pdf as html", path: "/x", dest: "document", mode: "navigate", kind: "text/html", head: "  \n" + pdfHead, class: ClassFile, download: true, attachment: true, file: "x"},
		{name: "table as json", path: "/x", dest: "empty", kind: "application/json", head: "name,amount\nx,1\n    ", class: ClassFile, download: true, file: "x"},
		{name: "icon", path: "/logo.png", dest: "image", kind: "image/png", head: "\x89PNG\r\n\x1a\naaaaaaaaaaaa", class: ClassMedia},
		{name: "image fetched by script", path: "/photo", dest: "empty", kind: "image/jpeg", head: "\xff\xd8\xffaaaaaaaaaaaaaaaa", class: ClassMedia, download: true, file: "photo"},
		{name: "image with a file's name", path: "/photo", dest: "image", kind: "image/jpeg", disposition: `inline; filename*=UTF-8''caf%C3%A9.jpg`, head: "\xff\xd8\xffaaaaaaaaaaaaaaaa", class: ClassMedia, download: true, file: "café.jpg"},
		{name: "image on a host of files", path: "/photo", dest: "image", role: catalog.RoleFiles, kind: "image/jpeg", head: "\xff\xd8\xffaaaaaaaaaaaaaaaa", class: ClassMedia, download: true, file: "photo"},
		{name: "text on a host of files", path: "/f/1", dest: "empty", role: catalog.RoleFiles, kind: "text/plain", head: "just text, no signature", class: ClassData, download: true, file: "1"},
		{name: "text a script reads", path: "/api/version", dest: "empty", kind: "text/plain", head: "1.2.3 and some more", class: ClassData},
		{name: "text file fetched", path: "/files/notes.txt", dest: "empty", kind: "text/plain", head: "just text, no signature", class: ClassData, download: true, file: "notes.txt"},
		{name: "table", path: "/r", dest: "empty", kind: "text/csv", head: "a,b\n1,2\n3,4\n5,6\n", class: ClassFile, download: true, file: "r"},
		{name: "unknown type", path: "/r", dest: "empty", kind: "application/x-strange", head: "aaaaaaaaaaaaaaaaaaaa", class: ClassFile, download: true, file: "r"},
		{name: "no type", path: "/r", dest: "empty", head: "aaaaaaaaaaaaaaaaaaaa", class: ClassFile, download: true, file: "r"},
		{name: "upper case type", path: "/", dest: "document", mode: "navigate", kind: "Text/HTML; Charset=UTF-8", head: "<!doctype html><p>", class: ClassPage},
		{name: "profile: asset", path: "/assets/model.bin", dest: "empty", kind: "application/octet-stream", head: "aaaaaaaaaaaaaaaaaaaa", class: ClassData},
		{name: "profile: export", path: "/export/all", dest: "empty", kind: "application/json", head: `{"everything":true}`, class: ClassData, download: true, file: "all"},
		{name: "attachment that calls itself asset", path: "/assets/a", dest: "document", mode: "navigate", kind: "application/zip", disposition: "attachment", head: "PK\x03\x04aaaaaaaaaaaaaaaa", class: ClassFile, download: true, attachment: true, file: "a"},
		{name: "disposition without a type", path: "/a", dest: "document", mode: "navigate", kind: "text/html", disposition: "filename=evil.html", head: "<!doctype html><p>", class: ClassPage, download: true, attachment: true, file: "evil.html"},
		{name: "unreadable disposition", path: "/a", dest: "document", mode: "navigate", kind: "text/html", disposition: "bogus;;;=", head: "<!doctype html><p>", class: ClassPage, download: true, attachment: true, file: "a"},
		{name: "folders in a name", path: "/a", dest: "empty", kind: "text/html", disposition: `attachment; filename="..\..\etc/passwd"`, head: "<!doctype html><p>", class: ClassPage, download: true, attachment: true, file: "passwd"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "https://files.example"+c.path, nil)
			r.Header.Set("Sec-Fetch-Dest", c.dest)
			r.Header.Set("Sec-Fetch-Mode", c.mode)
			var q RequestInfo
			Request(&q, r, "files.example", c.role, profile)
			h := http.Header{}
			if c.kind != "" {
				h.Set("Content-Type", c.kind)
			}
			if c.disposition != "" {
				h.Set("Content-Disposition", c.disposition)
			}
			var info ResponseInfo
			Response(&info, &q, 200, h, []byte(c.head), false, profile)
			if info.Class != c.class || info.Download != c.download || info.Attachment != c.attachment || info.NeedHead {
				t.Fatalf("class %d download %v attachment %v needHead %v; want %d %v %v false", info.Class, info.Download, info.Attachment, info.NeedHead, c.class, c.download, c.attachment)
			}
			if c.download && info.File.Name != c.file {
				t.Fatalf("file %q, want %q", info.File.Name, c.file)
			}
		})
	}
}

func TestShortHeadIsAskedForAgain(t *testing.T) {
	t.Parallel()
	var info ResponseInfo
	q := RequestInfo{}
	h := http.Header{"Content-Type": {"application/json"}}
	if Response(&info, &q, 200, h, []byte("PK"), false, nil); !info.NeedHead {
		t.Fatal("two bytes can't tell")
	}
	if Response(&info, &q, 200, h, []byte("{}"), true, nil); info.NeedHead || info.Download {
		t.Fatal("there is no more to be had")
	}
	h.Set("Content-Type", "text/event-stream")
	if Response(&info, &q, 200, h, nil, false, nil); info.NeedHead {
		t.Fatal("an event stream is not held back")
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	q := RequestInfo{host: "h", path: "/a.pdf"}
	for v, want := range map[string][3]int64{"bytes 0-9/100": {0, 9, 100}, "bytes 90-99/*": {90, 99, -1}, "bytes 9-0/100": {-1, -1, -1}, "bytes 0-100/100": {-1, -1, -1}, "junk": {-1, -1, -1}} {
		var info ResponseInfo
		Response(&info, &q, 206, http.Header{"Content-Type": {"application/pdf"}, "Content-Range": {v}}, []byte(pdfHead), true, nil)
		if !info.Partial || !info.Download || info.First != want[0] || info.Last != want[1] || info.File.Size != want[2] {
			t.Errorf("%q: partial %v first %d last %d size %d, want %v", v, info.Partial, info.First, info.Last, info.File.Size, want)
		}
	}
}

func TestMiddleOfAMislabelledFileIsAFile(t *testing.T) {
	t.Parallel()
	q := RequestInfo{host: "h", path: "/a", Dest: "empty"}
	for _, declared := range []string{"application/json", "text/plain", "text/html", "text/css"} {
		var info ResponseInfo
		Response(&info, &q, 206, http.Header{"Content-Type": {declared}, "Content-Range": {"bytes 100-199/5000"}}, []byte("bytes from the middle of it"), false, nil)
		if !info.Download {
			t.Errorf("%s passed as class %d", declared, info.Class)
		}
	}
}

func TestUploadsAreRecognised(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, path, body string
		header                   map[string]string
		kind                     UploadKind
		create, chunk            bool
		file, id                 string
		offset, total            int64
	}{
		{name: "form", method: "POST", path: "/up", body: "x", header: map[string]string{"Content-Type": "multipart/form-data; boundary=b"}, kind: UploadMultipart, offset: -1, total: -1},
		{name: "raw put", method: "PUT", path: "/f/a%20b.docx", body: "x", header: map[string]string{"Content-Type": "application/octet-stream"}, kind: UploadRaw, file: "a b.docx", offset: -1, total: -1},
		{name: "text put at a file's name", method: "PUT", path: "/f/a.txt", body: "x", header: map[string]string{"Content-Type": "text/plain"}, kind: UploadRaw, file: "a.txt", offset: -1, total: -1},
		{name: "json put", method: "PUT", path: "/api/a", body: "{}", header: map[string]string{"Content-Type": "application/json"}, offset: -1, total: -1},
		{name: "tus create", method: "POST", path: "/tus", header: map[string]string{"Tus-Resumable": "1.0.0", "Upload-Length": "99", "Upload-Metadata": "filename cGxhbi5kb2N4,filetype dGV4dC9wbGFpbg=="}, kind: UploadTusCreate, create: true, file: "plan.docx", offset: -1, total: 99},
		{name: "tus patch", method: "PATCH", path: "/tus/1", body: "x", header: map[string]string{"Tus-Resumable": "1.0.0", "Upload-Offset": "5", "Content-Type": "application/offset+octet-stream"}, kind: UploadTusPatch, chunk: true, id: "files.example/tus/1", offset: 5, total: -1},
		{name: "graph create", method: "POST", path: "/v1.0/me/drive/root:/Board/plan.docx:/createUploadSession", body: "{}", header: map[string]string{"Content-Type": "application/json"}, kind: UploadGraphCreate, create: true, file: "plan.docx", offset: -1, total: -1},
		{name: "graph chunk", method: "PUT", path: "/up/session1?tempauth=secret", body: "x", header: map[string]string{"Content-Range": "bytes 0-0/10"}, kind: UploadChunk, chunk: true, id: "files.example/up/session1", offset: 0, total: 10},
		{name: "google create", method: "POST", path: "/upload/drive/v3/files?uploadType=resumable", body: "{}", header: map[string]string{"X-Upload-Content-Type": "text/csv", "X-Upload-Content-Length": "7"}, kind: UploadGoogleCreate, create: true, offset: -1, total: 7},
		{name: "google chunk", method: "PUT", path: "/upload/drive/v3/files?uploadType=resumable&upload_id=abc", body: "x", header: map[string]string{"Content-Range": "bytes 3-3/7"}, kind: UploadChunk, chunk: true, id: "files.example/upload/drive/v3/files?upload_id=abc", offset: 3, total: 7},
		{name: "get", method: "GET", path: "/f/a.docx", offset: -1, total: -1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, "https://files.example"+c.path, strings.NewReader(c.body))
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			var q RequestInfo
			Request(&q, r, "files.example", catalog.RoleApp, nil)
			u := q.Upload
			if u.Kind != c.kind || u.Create != c.create || u.Chunk != c.chunk || u.File.Name != c.file || u.ID != c.id || u.Offset != c.offset || u.Total != c.total {
				t.Fatalf("got %+v", u)
			}
			if (c.kind != UploadNone) != (q.Activity == model.ActivityUpload) {
				t.Fatalf("activity %q", q.Activity)
			}
		})
	}
}

func TestAnnounced(t *testing.T) {
	t.Parallel()
	q := RequestInfo{host: "files.example", path: "/tus", Upload: UploadInfo{Kind: UploadTusCreate, Create: true}}
	if id, ok := Announced(&q, 201, http.Header{"Location": {"/tus/42"}}, nil); !ok || id != "files.example/tus/42" {
		t.Fatalf("tus: %q %v", id, ok)
	}
	q.Upload.Kind = UploadGraphCreate
	if id, ok := Announced(&q, 200, http.Header{}, []byte(`{"uploadUrl":"https://up.example/s/9?tempauth=x"}`)); !ok || id != "up.example/s/9" {
		t.Fatalf("graph: %q %v", id, ok)
	}
	if _, ok := Announced(&q, 403, http.Header{}, nil); ok {
		t.Fatal("a refused announcement announces nothing")
	}
}

func TestPlainTrafficCostsNoAllocation(t *testing.T) {
	r := httptest.NewRequest("GET", "https://files.example/api/list?x=1", nil)
	r.Header.Set("Sec-Fetch-Dest", "empty")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	profile, err := Compile(catalog.Profile{Previews: []string{"/preview/**"}, Downloads: []string{"/f/*/content"}})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Content-Length": {"900"}}
	head := []byte(`{"a":1,"b":[1,2,3],"c":"text"}`)
	var q RequestInfo
	var info ResponseInfo
	if n := testing.AllocsPerRun(200, func() {
		Request(&q, r, "files.example", catalog.RoleAPI, profile)
		Response(&info, &q, 200, h, head, false, profile)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/a/*/c", "/a/b/c", true},
		{"/a/*/c", "/a/b/b/c", false},
		{"/a/**/c", "/a/b/b/c", true},
		{"/a/**", "/a/", true},
		{"/a/*", "/a/b/", false},
		{"**.pdf", "/x/y.pdf", true},
		{"/a", "/a", true},
		{"/a", "/ab", false},
		{"/*x*/y", "/axb/y", true},
		{"/*x*/y", "/ab/y", false},
	} {
		p, err := compilePattern(c.pattern, false)
		if err != nil {
			t.Fatal(err)
		}
		if p.match(c.path, "") != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.path, !c.want)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add("text/html", `attachment; filename="x"`, "bytes 0-1/2", []byte("%PDF-"), 206)
	f.Fuzz(func(t *testing.T, kind, disposition, span string, head []byte, status int) {
		var info ResponseInfo
		q := RequestInfo{host: "h", path: "/p"}
		h := http.Header{"Content-Type": {kind}, "Content-Disposition": {disposition}, "Content-Range": {span}}
		Response(&info, &q, status, h, head, true, nil)
		if strings.ContainsAny(info.File.Name, "/\\\x00\r\n") || len(info.File.Name) > 255 {
			t.Fatalf("unsafe name %q", info.File.Name)
		}
		if natureOf(head) == natureFile && status == 200 && !info.Download {
			t.Fatal("a file's bytes were taken for something else")
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	r := httptest.NewRequest("GET", "https://files.example/api/list?x=1", nil)
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Content-Length": {"900"}}
	head := []byte(`{"a":1,"b":[1,2,3],"c":"text"}`)
	var q RequestInfo
	var info ResponseInfo
	b.ReportAllocs()
	for b.Loop() {
		Request(&q, r, "files.example", catalog.RoleAPI, nil)
		Response(&info, &q, 200, h, head, false, nil)
	}
}
