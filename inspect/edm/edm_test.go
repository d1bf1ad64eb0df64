package edm_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	tables "github.com/referee-casb/referee/inspect/edm"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

const patients = `kind: ExactDataMatch
id: patients
name: Patients
columns:
  - {name: record, normalise: alphanumeric, search: '[A-Z]{2}\d{6}'}
  - {name: name}
  - {name: mail, search: word}
confidence: 65
`

func schema(t testing.TB, text string) *edm.Schema {
	t.Helper()
	docs, mistakes := own.Decode([]byte(text))
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return docs[0].Table
}

// people writes n rows of CSV.
func people(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		var b bytes.Buffer
		b.WriteString("\xef\xbb\xbfmail;note;record;name\r\n")
		for i := range n {
			fmt.Fprintf(&b, "person%d@example.com;\"x;y\";AB%06d;Given%d Family%d\r\n", i, i%1_000_000, i%5000, i)
			if b.Len() > 1<<16 {
				if _, err := w.Write(b.Bytes()); err != nil {
					return
				}
				b.Reset()
			}
		}
		_, _ = w.Write(b.Bytes())
		_ = w.Close()
	}()
	return r
}

func hash(t testing.TB, s *edm.Schema, key edm.Key, rows int, opt tables.HashOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	opt.Dir = t.TempDir()
	done, err := tables.Hash(t.Context(), people(rows), s, key, &out, opt)
	if err != nil || done.Rows != int64(rows) || done.Records != 2*int64(rows) {
		t.Fatalf("%+v, %v", done, err)
	}
	if left, err := os.ReadDir(opt.Dir); err != nil || len(left) > 0 {
		t.Errorf("temporary files stay: %v %v", left, err)
	}
	return out.Bytes()
}

// TestHash sees that a table is the same whether it is sorted in memory or on disk, and holds no plain value.
func TestHash(t *testing.T) {
	t.Parallel()
	s, key := schema(t, patients), edm.NewKey()
	one := hash(t, s, key, 20_000, tables.HashOptions{})
	if two := hash(t, s, key, 20_000, tables.HashOptions{Memory: 100_000}); !bytes.Equal(one, two) {
		t.Error("sorted on disk it is another table")
	}
	if bytes.Contains(one, []byte("person")) || bytes.Contains(one, []byte("Family")) {
		t.Error("plain values are in the table")
	}
	if _, err := edm.BuildIndex(bytes.NewReader(one), int64(len(one))); err != nil {
		t.Error(err)
	}
}

func TestHashMistakes(t *testing.T) {
	t.Parallel()
	s := schema(t, patients)
	for text, want := range map[string]string{
		"":                                  "can't be read as names",
		"a,b\n1,2\n":                        "is no column of the file",
		"record,name,mail\nAB1,x\n":         "line 2: wrong number of fields",
		"record,name,mail\n,x,\n":           "no row has a value",
		"record\tname\tmail\nAB\"1\tx\ty\n": "line 2",
		"record,name,mail\n" + strings.Repeat("AB000000,x,y\n", edm.MaxSame+1): "search for a column that tells rows apart",
	} {
		_, err := tables.Hash(t.Context(), strings.NewReader(text), s, edm.NewKey(), io.Discard, tables.HashOptions{Dir: t.TempDir()})
		if all := fmt.Sprint(err, " ", fault.Help(err)); err == nil || !strings.Contains(all, want) || strings.Contains(all, "AB1") {
			t.Errorf("%.40q: %v, want %q", text, all, want)
		}
	}
	done, err := tables.Hash(t.Context(), strings.NewReader("record,name,mail\nAB1,x\nAB2,x,y\n,x,\n"), s, edm.NewKey(), io.Discard, tables.HashOptions{Dir: t.TempDir(), Loose: true})
	if err != nil || done.Wrong != 1 || done.Rows != 2 || done.Empty != 1 {
		t.Errorf("%+v %v", done, err)
	}
}

type stage struct {
	*tables.Store
	db  *sqlite.DB
	dir string
}

func newStage(t testing.TB, limit int64) *stage {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		if _, err := db.PutTenant(t.Context(), tenant.Tenant{ID: id, Name: string(id)}); err != nil {
			t.Fatal(err)
		}
	}
	master, err := vault.OpenMaster(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tables.Open(tables.Options{Dir: filepath.Join(dir, "edm"), Rows: db, Sealer: vault.Open(master, db, time.Now), Now: time.Now, MaxBytes: limit})
	if err != nil {
		t.Fatal(err)
	}
	return &stage{s, db, dir}
}

func (s *stage) upload(t testing.TB, sch *edm.Schema, key edm.Key, data []byte) (own.TableRow, error) {
	t.Helper()
	for at := 0; at < len(data); {
		n := min(50_000, len(data)-at)
		have, err := s.Put("contoso", sch.ID, int64(at), data[at:at+n])
		if err != nil {
			return own.TableRow{}, err
		}
		at = int(have)
	}
	sum := sha256.Sum256(data)
	return s.Finish(t.Context(), "contoso", sch, hex.EncodeToString(sum[:]), key, "ada")
}

func TestStore(t *testing.T) {
	t.Parallel()
	s, sch, key := newStage(t, 0), schema(t, patients), edm.NewKey()
	docs, _ := own.Decode([]byte(patients))
	if _, err := s.db.PutTypes(t.Context(), "contoso", 0, []own.Revision{{Tenant: "contoso", ID: "patients", Number: 1, Kind: own.KindTable, Name: "x", Text: docs[0].Text}}); err != nil {
		t.Fatal(err)
	}
	library := own.NewLibrary(s.db, s.Store)
	find := func(text string) string {
		t.Helper()
		set, err := library.Of(t.Context(), "contoso")
		if err != nil {
			t.Fatal(err)
		}
		ids, err := set.Resolve([]string{"patients"})
		if err != nil {
			return fault.KindOf(err).String()
		}
		e, err := dlp.New(set.Types)
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Scan(t.Context(), strings.NewReader(text), dlp.Options{Types: ids})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(r.Findings)
	}
	const text = "AB000042 is Given42 Family42, person43@example.com"
	if got := find(text); got != fault.Unavailable.String() {
		t.Errorf("without its table: %s", got)
	}
	data := hash(t, sch, key, 5000, tables.HashOptions{})
	row, err := s.upload(t, sch, key, data)
	if err != nil || row.Version != 1 || row.Rows != 5000 || bytes.Contains(row.Key, []byte(key.Encode())) {
		t.Fatalf("%+v %v", row, err)
	}
	if got, want := find(text), "[{patients 85 1 1} {patients 65 2 2}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// The next version takes its place, without the rows that are gone; another process reads the same.
	key = edm.NewKey()
	if row, err = s.upload(t, sch, key, hash(t, sch, key, 43, tables.HashOptions{})); err != nil || row.Version != 2 {
		t.Fatalf("%+v %v", row, err)
	}
	if got, want := find(text), "[{patients 85 1 1}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "edm", "contoso", "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("files: %v %v", files, err)
	}
	if err := os.Remove(files[1]); err != nil { // an index that is lost is made again
		t.Fatal(err)
	}
	again, err := tables.Open(tables.Options{Dir: filepath.Join(s.dir, "edm"), Rows: s.db, Sealer: sealer(t, s), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if table, err := again.Table(t.Context(), "contoso", sch); err != nil || table.Header().Rows != 43 {
		t.Errorf("%v", err)
	}
	// Another tenant has none of it.
	if _, err := s.Table(t.Context(), "fabrikam", sch); !fault.Is(err, fault.NotFound) {
		t.Errorf("another tenant's table: %v", err)
	}
	other := schema(t, strings.Replace(patients, "{name: name}", "{name: given}", 1))
	if _, err := s.Table(t.Context(), "contoso", other); !fault.Is(err, fault.NotFound) {
		t.Errorf("a changed schema's table: %v", err)
	}
	if err := s.Delete(t.Context(), "contoso", "patients"); err != nil {
		t.Fatal(err)
	}
	if got := find(text); got != fault.Unavailable.String() {
		t.Errorf("after it was deleted: %s", got)
	}
	if files, _ := filepath.Glob(filepath.Join(s.dir, "edm", "contoso", "*")); len(files) != 0 {
		t.Errorf("files stay: %v", files)
	}
}

func sealer(t testing.TB, s *stage) *vault.Vault {
	t.Helper()
	master, err := vault.OpenMaster(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	return vault.Open(master, s.db, time.Now)
}

func TestUploadRefused(t *testing.T) {
	t.Parallel()
	s, sch, key := newStage(t, 300_000), schema(t, patients), edm.NewKey()
	data := hash(t, sch, key, 1000, tables.HashOptions{})
	sum := sha256.Sum256(data)
	finish := func(sch *edm.Schema, sum string, key edm.Key) error {
		_, err := s.Finish(t.Context(), "contoso", sch, sum, key, "ada")
		return err
	}
	put := func(offset int, piece []byte) error {
		_, err := s.Put("contoso", sch.ID, int64(offset), piece)
		return err
	}
	good := hex.EncodeToString(sum[:])
	for _, c := range []struct {
		what string
		do   func() error
		kind fault.Kind
	}{
		{"nothing there", func() error { return finish(sch, good, key) }, fault.NotFound},
		{"a piece from the middle", func() error { return put(10, data[10:]) }, fault.Conflict},
		{"half of it", func() error { return put(0, data[:100]) }, 0},
		{"half of it, finished", func() error { return finish(sch, good, key) }, fault.Invalid},
		{"the same piece again", func() error { return put(50, data[50:100]) }, fault.Conflict},
		{"the rest", func() error { return put(100, data[100:]) }, 0},
		{"another key", func() error { return finish(sch, good, edm.NewKey()) }, fault.Invalid},
		{"another schema", func() error {
			return finish(schema(t, strings.Replace(patients, "{name: name}", "{name: given}", 1)), good, key)
		}, fault.Invalid},
		{"more than its share", func() error { return put(len(data), make([]byte, 300_000)) }, fault.Limited},
		{"whole", func() error { return finish(sch, strings.ToUpper(good), key) }, 0},
	} {
		if err := c.do(); c.kind == 0 && err != nil || c.kind != 0 && !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	for _, bad := range []string{"../x", "x/../y", "", "X", ".."} {
		if _, err := s.Put("contoso", bad, 0, data); err == nil {
			t.Errorf("%q became a file", bad)
		}
		if _, err := s.Put(model.TenantID(bad), "x", 0, data); err == nil {
			t.Errorf("a tenant %q became a folder", bad)
		}
	}
}

// BenchmarkHash says how many rows a second become hashes, with how much memory; -benchtime 1x.
func BenchmarkHash(b *testing.B) {
	for _, rows := range []int{1_000_000, 10_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			s, key, file := schema(b, patients), edm.NewKey(), filepath.Join(b.TempDir(), "t")
			for b.Loop() {
				out, err := os.Create(file)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := tables.Hash(context.Background(), people(rows), s, key, out, tables.HashOptions{Dir: b.TempDir()}); err != nil {
					b.Fatal(err)
				}
				_ = out.Close()
			}
			hashed := b.Elapsed()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(rows)/hashed.Seconds(), "rows/s")
			b.ReportMetric(float64(after.Sys)/1e6, "process-MB")
			f, err := os.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			info, _ := f.Stat()
			start := time.Now()
			runtime.ReadMemStats(&before)
			x, err := edm.BuildIndex(f, info.Size())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(start).Seconds(), "index-s")
			b.ReportMetric(float64(x.Memory())/1e6, "index-MB")
			b.ReportMetric(float64(info.Size())/1e6, "file-MB")
			table, err := edm.NewTable(f, x, key)
			if err != nil {
				b.Fatal(err)
			}
			e, err := dlp.New([]dlp.Type{s.Type(table)})
			if err != nil {
				b.Fatal(err)
			}
			for what, line := range map[string]string{
				"prose": "The quarterly report on sales of the northern region follows; orders rose by four per cent over the year before.\n",
				"near":  "AC999999 is nobody of ours, nor is nobody@example.org, and so on until the end of this line of words that are not there\n",
				"rows":  "person42@example.com;AB000042;Given42 Family42\n",
			} {
				text := strings.Repeat(line, 1<<20/len(line))
				start, n := time.Now(), 0
				for time.Since(start) < time.Second {
					if _, err := e.Scan(context.Background(), strings.NewReader(text), dlp.Options{}); err != nil {
						b.Fatal(err)
					}
					n += len(text)
				}
				b.ReportMetric(float64(n)/1e6/time.Since(start).Seconds(), what+"-MB/s")
			}
		})
	}
}
