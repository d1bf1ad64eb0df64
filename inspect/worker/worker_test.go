package worker

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/model"
)

// TestMain makes the test binary a reading process when the pool starts it as one.
func TestMain(m *testing.M) {
	if Asked() {
		os.Exit(Serve(misbehaving))
	}
	os.Exit(m.Run())
}

// misbehaving reads files that ask for something else as a hostile one might make a reader do.
func misbehaving(ctx context.Context, src *io.SectionReader, w io.Writer, lim extract.Limits) (extract.Result, error) {
	head := make([]byte, 64)
	n, _ := src.ReadAt(head, 0)
	word, _, _ := strings.Cut(string(head[:n]), "\n")
	switch word {
	case "#die":
		os.Exit(9)
	case "#panic":
		panic("a reader's mistake")
	case "#hang":
		select {}
	case "#memory":
		var all [][]byte
		for {
			all = append(all, bytes.Repeat([]byte("x"), 64<<20))
			_ = all
		}
	case "#tell":
		io.WriteString(w, whatWorks(src))
		return extract.Result{Kind: extract.Text, Status: extract.Complete}, nil
	}
	return extract.Extract(ctx, src, w, lim)
}

// whatWorks tries what a process must not be able to do.
func whatWorks(*io.SectionReader) string {
	var did []string
	try := func(name string, err error) {
		if err == nil {
			did = append(did, name)
		}
	}
	_, err := os.ReadFile("/etc/passwd")
	try("read a file", err)
	try("write a file", os.WriteFile(os.TempDir()+"/referee-worker-test", []byte("x"), 0o600))
	_, err = net.Dial("tcp", "127.0.0.1:1")
	if err == nil || !strings.Contains(err.Error(), "not permitted") {
		did = append(did, "make a socket")
	}
	_, err = os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	try("start a process", err)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "GOTRACEBACK=") {
			did = append(did, "see the environment")
		}
	}
	for fd := uintptr(0); fd < 100; fd++ {
		f := os.NewFile(fd, "x")
		if f == nil {
			continue
		}
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			_, err := f.WriteAt([]byte("changed"), 0)
			try("change the content", err)
		}
	}
	return "done: " + strings.Join(did, ", ")
}

func pool(t testing.TB, change func(*Config)) *Pool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Command: []string{self, Command}, Memory: memory}
	if change != nil {
		change(&cfg)
	}
	p := New(cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(p.Close)
	return p
}

func read(ctx context.Context, p *Pool, tenant, content string) (string, Answer, error) {
	var text bytes.Buffer
	a, err := p.Read(ctx, model.TenantID(tenant), strings.NewReader(content), int64(len(content)), Ask{Text: true, Labels: true}, &text)
	return text.String(), a, err
}

// zipped makes a zip of names and contents.
func zipped(t testing.TB, parts ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = io.WriteString(w, parts[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	contentTypes = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`
	labelID      = "8faca7b8-8d20-48a3-8ea2-0f96310a848e"
	labelInfo    = `<?xml version="1.0"?><clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{` + labelID +
		`}" enabled="1" method="Privileged" siteId="{72f988bf-86f1-41af-91ab-2d7cd011db47}" contentBits="0" removed="0"/></clbl:labelList>`
)

func labelled(t testing.TB, text string) string {
	return zipped(t, "[Content_Types].xml", contentTypes, "docMetadata/LabelInfo.xml", labelInfo,
		"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>`+text+`</w:t></w:r></w:p></w:body></w:document>`)
}

func TestFilesAreReadElsewhere(t *testing.T) {
	t.Parallel()
	p := pool(t, nil)
	doc := labelled(t, "hello from a document")
	for name, content := range map[string]string{"alone": doc, "in a zip": zipped(t, "a.docx", doc), "deep": zipped(t, "b.zip", zipped(t, "c.zip", zipped(t, "a.docx", doc)))} {
		text, a, err := read(t.Context(), p, "contoso", content)
		if err != nil || a.Result.Status != extract.Complete || !strings.Contains(text, "hello from a document") {
			t.Errorf("%s: %q %+v %v", name, text, a, err)
		}
		if a.LabelState != LabelsRead || len(a.Labels) != 1 || a.Labels[0].ID != labelID {
			t.Errorf("%s: labels %s %+v", name, a.LabelState, a.Labels)
		}
	}
	_, a, err := read(t.Context(), p, "contoso", "\x1f\x8b\x08rest")
	if err != nil || a.LabelState != LabelsHidden || a.Result.Status != extract.Corrupt {
		t.Errorf("an archive that isn't opened: %+v %v", a, err)
	}
}

func TestFilesOnDiskAreReadThroughTheirDescriptor(t *testing.T) {
	t.Parallel()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content := "#tell\n" + strings.Repeat("long text ", 1000)
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := pool(t, nil).Read(t.Context(), "contoso", f, int64(len(content)), Ask{Text: true}, &text); err != nil || text.String() != "done: " {
		t.Errorf("%q %v", text.String(), err)
	}
	if now, err := io.ReadAll(io.NewSectionReader(f, 0, 6)); err != nil || string(now) != "#tell\n" {
		t.Errorf("the content is now %q %v", now, err)
	}
}

func TestAProcessCanDoNothingElse(t *testing.T) {
	t.Parallel()
	if text, _, err := read(t.Context(), pool(t, nil), "contoso", "#tell\n"); err != nil || text != "done: " {
		t.Errorf("%q %v", text, err)
	}
}

func TestAHostileFileCostsItsOwnVerdict(t *testing.T) {
	t.Parallel()
	p := pool(t, func(c *Config) { c.Most = 8 })
	var wg sync.WaitGroup
	for name, content := range map[string]string{"dies": "#die\n", "panics": "#panic\n", "eats": "#memory\n"} {
		if name == "eats" && memory < 0 {
			continue
		}
		wg.Go(func() {
			if _, _, err := read(t.Context(), p, "contoso", content); err == nil {
				t.Errorf("%s: no error", name)
			}
		})
	}
	wg.Go(func() {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, _, err := read(ctx, p, "contoso", "#hang\n"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("hangs: %v", err)
		}
	})
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if text, _, err := read(t.Context(), p, "contoso", "plain text"); err != nil || text != "plain text" {
					t.Errorf("beside them: %q %v", text, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestWhoWantsNoMoreEndsTheReading(t *testing.T) {
	t.Parallel()
	p := pool(t, nil)
	enough := errors.New("enough")
	_, err := p.Read(t.Context(), "contoso", strings.NewReader(strings.Repeat("text ", 1<<20)), 5<<20, Ask{Text: true}, writerFunc(func([]byte) (int, error) { return 0, enough }))
	if !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	if text, _, err := read(t.Context(), p, "contoso", "next"); err != nil || text != "next" {
		t.Errorf("afterwards: %q %v", text, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestNoProcessSeesFilesOfTwoTenants(t *testing.T) {
	t.Parallel()
	p := pool(t, nil)
	seen := map[*process]string{}
	for i := range 12 {
		tenant := []string{"contoso", "fabrikam", "adatum"}[i%3]
		w, err := p.take(model.TenantID(tenant))
		if err != nil {
			t.Fatal(err)
		}
		if was, ok := seen[w]; ok && was != tenant {
			t.Fatalf("a process of %s for %s", was, tenant)
		}
		seen[w] = tenant
		p.give(w)
	}
}

func TestProcessesAreReplaced(t *testing.T) {
	t.Parallel()
	p := pool(t, func(c *Config) { c.Files = 2 })
	seen := map[*process]bool{}
	for range 6 {
		w, err := p.take("contoso")
		if err != nil {
			t.Fatal(err)
		}
		seen[w] = true
		p.give(w)
	}
	if len(seen) < 3 {
		t.Errorf("%d processes for six files of two each", len(seen))
	}
}

func TestWithoutACommandNothingIsRead(t *testing.T) {
	t.Parallel()
	p := New(Config{}, slog.New(slog.DiscardHandler))
	if _, _, err := read(t.Context(), p, "contoso", "x"); err == nil {
		t.Error("no error")
	}
	p.Close()
	q := pool(t, nil)
	q.Close()
	if _, _, err := read(t.Context(), q, "contoso", "x"); err == nil {
		t.Error("a closed pool reads")
	}
}

func FuzzAnswer(f *testing.F) {
	var b bytes.Buffer
	_ = writeFrame(&b, frameText, []byte("hello"))
	_ = writeFrame(&b, frameAnswer, []byte(`{"result":{"status":"complete"},"labelState":"read"}`))
	f.Add(b.Bytes())
	f.Add([]byte("a\x00\x00\x00\x02{}"))
	f.Add([]byte("t\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var text bytes.Buffer
		a, err := readAnswer(t.Context(), bytes.NewReader(in), &text, nil)
		if text.Len() > len(in) {
			t.Fatal("more text than was sent")
		}
		if err != nil && (a.LabelState != "" || a.Result.Status != "" || a.Labels != nil) {
			t.Fatal("an answer with an error")
		}
	})
}

func FuzzOrder(f *testing.F) {
	good, err := encodeOrder(order{Ask: Ask{Text: true}, Size: 12})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, in []byte) {
		if o, err := decodeOrder(bytes.NewReader(in)); err == nil && o.Size < 0 {
			t.Fatal(o)
		}
	})
}

func FuzzLabels(f *testing.F) {
	f.Add([]byte(zipped(f, "a.docx", labelled(f, "x"))))
	f.Fuzz(func(t *testing.T, in []byte) {
		_, _, err := readLabels(t.Context(), io.NewSectionReader(bytes.NewReader(in), 0, int64(len(in))))
		if err != nil {
			t.Fatal(err)
		}
	})
}
