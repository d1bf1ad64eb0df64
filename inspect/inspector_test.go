package inspect_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/inspect"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
)

// TestMain makes the test binary a reading process when a pool starts it as one.
func TestMain(m *testing.M) {
	if worker.Asked() {
		os.Exit(readFiles())
	}
	os.Exit(m.Run())
}

func inspector(t testing.TB, change func(*inspect.Parts)) *inspect.Inspector {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	pool := worker.New(worker.Config{Command: []string{self, worker.Command, compiled()}, Memory: -1}, log)
	t.Cleanup(pool.Close)
	parts := inspect.Parts{Reader: pool, Log: log}
	if change != nil {
		change(&parts)
	}
	return inspect.New(inspect.Config{}, parts)
}

const card = "credit card 4111 1111 1111 1111 expires 12/29 "

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
	labelID   = "8faca7b8-8d20-48a3-8ea2-0f96310a848e"
	types     = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`
	labelInfo = `<?xml version="1.0"?><clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{` + labelID + `}" enabled="1" method="Privileged" siteId="{72f988bf-86f1-41af-91ab-2d7cd011db47}" contentBits="0" removed="0"/></clbl:labelList>`
)

const mail = "From: a@contoso.test\r\nTo: b@contoso.test\r\nSubject: x\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"

// packed is a compressed archive of a text among others.
func packed(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a.txt")
	if err == nil {
		_, err = io.WriteString(w, words(20_000)+text)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func document(text string) string {
	return `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>` + text + `</w:t></w:r></w:p></w:body></w:document>`
}

func docx(t testing.TB, text string, labelled bool) string {
	parts := []string{"[Content_Types].xml", types, "word/document.xml", document(text)}
	if labelled {
		parts = append(parts, "docMetadata/LabelInfo.xml", labelInfo)
	}
	return zipped(t, parts...)
}

func cards(count int) model.Need {
	return model.Need{Kind: model.NeedContent, Names: []string{"credit-card-number"}, Enough: [][]model.Finding{{{Type: "credit-card-number", Confidence: 75, Count: count}}}}
}

func job(content string, needs ...model.Need) gateway.Job {
	return gateway.Job{Tenant: "contoso", Content: strings.NewReader(content), Size: int64(len(content)), Needs: needs}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	i := inspector(t, nil)
	all := model.Need{Kind: model.NeedContent, Names: []string{"credit-card-number"}}
	labels := model.Need{Kind: model.NeedLabel}
	encrypted, err := os.ReadFile("../dlp/extract/testdata/encrypted.doc")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name           string
		content        string
		count          int
		content_       filter.State
		label          bool
		labelState     filter.State
		withoutContent bool
	}{
		{"clean text", "nothing here", 0, filter.Known, false, filter.Known, false},
		{"text", card + card, 2, filter.Known, false, filter.Known, false},
		{"empty", "", 0, filter.Known, false, filter.Known, false},
		{"document", docx(t, card, false), 1, filter.Known, false, filter.Known, false},
		{"labelled document", docx(t, "clean", true), 0, filter.Known, true, filter.Known, false},
		{"zip in a zip", zipped(t, "a.zip", zipped(t, "b.docx", docx(t, card, true))), 1, filter.Known, true, filter.Known, false},
		{"encrypted", string(encrypted), 0, filter.Unobtainable, false, filter.NotSet, false},
		{"found beside what can't be read", zipped(t, "a.txt", card, "b.doc", string(encrypted)), 1, filter.Unobtainable, false, filter.NotSet, false},
		{"unknown", "\x00\x01\x02\x03 binary", 0, filter.Unobtainable, false, filter.Known, false},
		{"text before an archive", strings.Repeat("all is well ", 1000) + packed(t, "end"), 0, filter.Unobtainable, false, filter.Unobtainable, false},
		{"mail with a file", mail + "Content-Disposition: attachment; filename=a.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(docx(t, card, true))) + "\r\n", 1, filter.Known, false, filter.Unobtainable, false},
		{"mail", mail + "\r\nhello\r\n", 0, filter.Known, false, filter.Known, false},
		{"only labels, text before an archive", strings.Repeat("all is well ", 1000) + packed(t, "end"), 0, filter.NotSet, false, filter.Unobtainable, true},
		{"only its labels", docx(t, card, true), 0, filter.NotSet, true, filter.Known, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			needs := []model.Need{labels, all}
			switch {
			case tc.withoutContent:
				needs = needs[:1]
			case tc.labelState == filter.NotSet:
				needs = needs[1:]
			}
			got, err := i.Inspect(t.Context(), job(tc.content, needs...))
			if err != nil {
				t.Fatal(err)
			}
			count := 0
			for _, f := range got.Types {
				if f.Confidence >= 75 {
					count = max(count, f.Count)
				}
			}
			if count != tc.count || got.ContentState != tc.content_ || got.LabelState != tc.labelState || (len(got.Labels) == 1 && got.Labels[0].ID == labelID) != tc.label {
				t.Errorf("%+v", got)
			}
		})
	}
}

// endless is a text that goes on for ever after what it begins with.
type endless struct {
	begins string
	read   atomic.Int64
}

func (e *endless) ReadAt(p []byte, off int64) (int, error) {
	e.read.Store(max(e.read.Load(), off+int64(len(p))))
	n := 0
	if off < int64(len(e.begins)) {
		n = copy(p, e.begins[off:])
	}
	for i := n; i < len(p); i++ {
		p[i] = ' '
	}
	return len(p), nil
}

func TestTheFirstHitThatDecidesEndsTheWork(t *testing.T) {
	t.Parallel()
	i := inspector(t, nil)
	e := &endless{begins: card + card}
	got, err := i.Inspect(t.Context(), gateway.Job{Tenant: "contoso", Content: e, Size: -1, Needs: []model.Need{cards(2)}, Whole: func(context.Context) (int64, string, error) {
		t.Error("plain text was waited for")
		return 0, "", errors.New("never")
	}})
	if err != nil || !got.Enough || got.ContentState != filter.Known || len(got.Types) == 0 || e.read.Load() > 1<<20 {
		t.Errorf("%+v %v, read %d", got, err, e.read.Load())
	}
	short := strings.NewReader("short")
	if got, err = i.Inspect(t.Context(), gateway.Job{Tenant: "contoso", Content: short, Size: -1, Needs: []model.Need{cards(2)}}); err != nil || got.ContentState != filter.Known {
		t.Errorf("a short text: %+v %v", got, err)
	}
	// One hit doesn't decide where two are asked for, and the deadline makes it unobtainable.
	ctx, cancel := context.WithCancel(t.Context())
	one := &stopper{endless: endless{begins: card}, at: 4 << 20, cancel: cancel}
	got, err = i.Inspect(ctx, gateway.Job{Tenant: "contoso", Content: one, Size: -1, Needs: []model.Need{cards(2)}})
	if err != nil || got.Enough || got.ContentState != filter.Unobtainable || len(got.Types) == 0 || got.Types[0].Count != 1 {
		t.Errorf("%+v %v", got, err)
	}
	doc := docx(t, strings.Repeat(card, 1000)+strings.Repeat("and so on ", 1<<20), false)
	if got, err = i.Inspect(t.Context(), job(doc, cards(1))); err != nil || !got.Enough || got.ContentState != filter.Known {
		t.Errorf("document: %+v %v", got, err)
	}
}

// stopper ends the context after so many bytes.
type stopper struct {
	endless
	at     int64
	cancel func()
}

func (s *stopper) ReadAt(p []byte, off int64) (int, error) {
	if off > s.at {
		s.cancel()
	}
	return s.endless.ReadAt(p, off)
}

// counted counts readings.
type counted struct {
	inspect.Reader
	n atomic.Int64
}

func (c *counted) Read(ctx context.Context, tenant model.TenantID, content io.ReaderAt, size int64, ask worker.Ask, text io.Writer) (worker.Answer, error) {
	c.n.Add(1)
	return c.Reader.Read(ctx, tenant, content, size, ask, text)
}

// own are types of contoso's own.
type own struct{ revision atomic.Int64 }

func (o *own) Types(ctx context.Context, tenant model.TenantID) ([]dlp.Type, int64, error) {
	all, _, _ := inspect.BuiltIn{}.Types(ctx, tenant)
	if tenant != "contoso" {
		return all, 0, nil
	}
	n := o.revision.Load()
	return append(all[:len(all):len(all)], dlp.Type{ID: "case", Name: "Case", Patterns: []dlp.Pattern{{Expr: fmt.Sprintf("case-%d", n), Alone: 85}}}), n, nil
}

func TestResultsAreKeptByContentTenantTypesAndNeeds(t *testing.T) {
	t.Parallel()
	var c *counted
	o := &own{}
	o.revision.Store(1)
	i := inspector(t, func(p *inspect.Parts) { c = &counted{Reader: p.Reader}; p.Reader, p.Types = c, o })
	doc := docx(t, card+" case-2", false)
	ask := func(tenant model.TenantID, content string, n model.Need) gateway.Findings {
		t.Helper()
		j := job(content, n)
		j.Tenant = tenant
		got, err := i.Inspect(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := func(n int64, why string) {
		t.Helper()
		if c.n.Load() != n {
			t.Errorf("%s: read %d times, want %d", why, c.n.Load(), n)
		}
	}
	mine := model.Need{Kind: model.NeedContent, Names: []string{"case"}}
	ask("contoso", doc, cards(1))
	ask("contoso", doc, cards(1))
	want(1, "twice the same")
	ask("fabrikam", doc, cards(1))
	want(2, "another tenant")
	ask("contoso", doc, cards(2))
	want(3, "another need")
	if got := ask("contoso", doc, mine); len(got.Types) != 0 {
		t.Errorf("%+v", got)
	}
	want(4, "another type")
	o.revision.Store(2)
	if got := ask("contoso", doc, mine); len(got.Types) != 1 {
		t.Errorf("after the type changed: %+v", got)
	}
	want(5, "another revision")
	ask("contoso", doc+" ", cards(1))
	want(6, "another content")
	if _, err := i.Inspect(t.Context(), job("text", model.Need{Kind: model.NeedContent, Names: []string{"no-such-type"}})); err == nil {
		t.Error("a type that there isn't: no error")
	}
	both := model.Need{Kind: model.NeedContent, Names: []string{"credit-card-number", "no-such-type"}}
	if got := ask("contoso", card, both); got.ContentState != filter.Unobtainable || len(got.Types) != 1 {
		t.Errorf("one type of two: %+v", got)
	}
	j := job("text", mine)
	j.Tenant = "fabrikam"
	if _, err := i.Inspect(t.Context(), j); err == nil {
		t.Error("another tenant's own type: no error")
	}
}

// broken fails to read.
type broken struct{}

func (broken) Read(_ context.Context, _ model.TenantID, _ io.ReaderAt, _ int64, _ worker.Ask, text io.Writer) (worker.Answer, error) {
	_, err := io.WriteString(text, card)
	return worker.Answer{}, errors.Join(err, errors.New("the process died"))
}

func TestWhatFailsIsUnobtainableAndNotKept(t *testing.T) {
	t.Parallel()
	c := &counted{Reader: broken{}}
	i := inspector(t, func(p *inspect.Parts) { p.Reader = c })
	doc := docx(t, "x", false)
	for n := range int64(2) {
		got, err := i.Inspect(t.Context(), job(doc, model.Need{Kind: model.NeedLabel}, cards(5)))
		if err != nil || got.ContentState != filter.Unobtainable || got.LabelState != filter.Unobtainable || len(got.Types) == 0 || c.n.Load() != n+1 {
			t.Errorf("%+v %v, %d readings", got, err, c.n.Load())
		}
	}
}

// list is a malware checker that knows a word.
type list struct{ fails bool }

func (l list) Check(_ context.Context, _ model.TenantID, content *io.SectionReader, _ model.File) (string, error) {
	b, err := io.ReadAll(content)
	if l.fails {
		return "", errors.New("the scanner is away")
	}
	if bytes.Contains(b, []byte("EVIL")) {
		return "Evil.A", err
	}
	return "", err
}

func TestMalware(t *testing.T) {
	t.Parallel()
	need := model.Need{Kind: model.NeedMalware}
	for _, tc := range []struct {
		name    string
		checker inspect.Malware
		content string
		hit     bool
		state   filter.State
	}{
		{"hit", list{}, "EVIL", true, filter.Known},
		{"clean", list{}, "good", false, filter.Known},
		{"fails", list{fails: true}, "EVIL", false, filter.Unobtainable},
		{"nobody checks", nil, "EVIL", false, filter.Unobtainable},
	} {
		got, err := inspector(t, func(p *inspect.Parts) { p.Malware = tc.checker }).Inspect(t.Context(), job(tc.content, need))
		if err != nil || got.Malware != tc.hit || (got.MalwareName == "Evil.A") != tc.hit || got.MalwareState != tc.state {
			t.Errorf("%s: %+v %v", tc.name, got, err)
		}
	}
}
