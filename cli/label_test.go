package cli

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp/label"
)

const labelsYAML = `kind: SensitivityLabels
siteId: f66b6bd3-ebc2-4f54-8769-d22858de97c5
labels:
- {id: 11111111-1111-4111-8111-111111111111, name: Public}
- {id: 22222222-2222-4222-8222-222222222222, name: Confidential}
- id: 44444444-4444-4444-8444-444444444444
  name: Team
  parent: 22222222-2222-4222-8222-222222222222
  marking: {footer: {text: "${Item.Label} ${Item.Name}"}}
- {id: 33333333-3333-4333-8333-333333333333, name: Secret, encrypts: true}
`

const graphLabels = `{"value":[{"id":"11111111-1111-4111-8111-111111111111","name":"Public","priority":0,"hasProtection":false},{"id":"33333333-3333-4333-8333-333333333333","name":"Secret","priority":4,"hasProtection":true}]}`

// wordFile is a document of one paragraph.
func wordFile(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Text</w:t></w:r></w:p></w:body></w:document>`},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = w.Write([]byte(part[1]))
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

func TestLabelFiles(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	doc, labels, out := s.write(t, "a.docx", wordFile(t)), s.write(t, "labels.yaml", labelsYAML), filepath.Join(s.dir, "b.docx")
	write := func(args ...string) result {
		return s.run(t, "", append([]string{"label", "write", "--labels", labels}, args...)...)
	}
	read := func(path string) []label.Label {
		got := s.run(t, "", "label", "read", "--json", path)
		var r struct{ Items []labelledFile }
		if got.code != 0 || json.Unmarshal([]byte(got.out), &r) != nil || len(r.Items) != 1 {
			t.Fatalf("%+v", got)
		}
		return r.Items[0].Labels
	}
	if got := write(doc, "--label", "Team", "--marking", "--out", out); got.code != 0 || !strings.Contains(got.out, "without encryption") {
		t.Fatalf("%+v", got)
	}
	if got := read(out); len(got) != 1 || got[0].ID != "44444444-4444-4444-8444-444444444444" || got[0].ContentBits != label.BitFooter || got[0].Method != "Privileged" {
		t.Errorf("%+v", got)
	}
	if got := read(doc); len(got) != 0 {
		t.Errorf("the original has %+v", got)
	}
	before, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"encrypts":       {[]string{out, "--label", "Secret", "--in-place"}, "encrypts"},
		"lower":          {[]string{out, "--label", "Public", "--in-place"}, "higher label"},
		"taken away":     {[]string{out, "--remove", "--in-place"}, "only for a reason"},
		"a parent":       {[]string{out, "--label", "Confidential", "--in-place"}, "sublabels"},
		"nowhere":        {[]string{out, "--label", "Team"}, "where the copy goes"},
		"no label":       {[]string{out, "--in-place"}, "no label is named"},
		"unknown":        {[]string{out, "--label", "Top", "--in-place"}, "no sensitivity label"},
		"not a document": {[]string{labels, "--label", "Team", "--in-place"}, "files of this kind"},
		"not there":      {[]string{out + "x", "--label", "Team", "--in-place"}, "can't be read"},
	} {
		if got := write(c.args...); got.code == 0 || !strings.Contains(got.notes, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if after, err := os.ReadFile(out); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a refusal changed the file: %v", err)
	}
	if got := write(out, "--label", "Public", "--in-place", "--justification", "published", "--json"); got.code != 0 || !strings.Contains(got.out, `"justification": "published"`) {
		t.Errorf("%+v", got)
	}
	if got := read(out); len(got) != 1 || got[0].Name != "Public" {
		t.Errorf("%+v", got)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, ".referee-label-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestLabelEncrypt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	doc, out := s.write(t, "a.docx", wordFile(t)), filepath.Join(s.dir, "b.docx")
	got := s.run(t, "", "label", "encrypt", doc, "--out", out, "--json")
	var made struct{ Path, Password string }
	if got.code != 0 || json.Unmarshal([]byte(got.out), &made) != nil || len(made.Password) != 24 || made.Path != out {
		t.Fatalf("%+v", got)
	}
	if got := s.run(t, "", "label", "read", out); got.code == 0 || !strings.Contains(got.notes, "encrypted") {
		t.Errorf("%+v", got)
	}
	password := s.write(t, "password", "correct horse\n")
	if got := s.run(t, "", "label", "encrypt", doc, "--out", out, "--password-file", password); got.code != 0 || strings.Contains(got.out+got.notes, "correct horse") {
		t.Errorf("%+v", got)
	}
	for name, args := range map[string][]string{
		"nowhere": {doc}, "short": {doc, "--out", out, "--password-file", s.write(t, "short", "x")}, "not a document": {password, "--out", out}, "twice": {out, "--in-place"},
	} {
		if got := s.run(t, "", append([]string{"label", "encrypt"}, args...)...); got.code == 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestLabelImport reads labels from an address that speaks as Graph does: a token, then the older address since the newer
// one is refused, in pages.
func TestLabelImport(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var asked []string
	var graph *httptest.Server
	graph = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
			w.Write([]byte(`{"token_type":"Bearer","expires_in":3600,"access_token":"t"}`))
		case r.Header.Get("Authorization") != "Bearer t" || strings.Contains(r.URL.Path, "dataSecurityAndGovernance"):
			w.WriteHeader(http.StatusForbidden)
			w.Write([]byte(`{"error":{"code":"Forbidden","message":"no permission"}}`))
		case r.URL.RawQuery == "":
			w.Write([]byte(`{"@odata.nextLink":"` + graph.URL + r.URL.Path + `?$skiptoken=2","value":[{"id":"11111111-1111-4111-8111-111111111111","name":"Public","sensitivity":0,"hasProtection":false}]}`))
		default:
			w.Write([]byte(`{"value":[{"id":"33333333-3333-4333-8333-333333333333","name":"Secret","sensitivity":4,"color":"#FF0000","isActive":true}]}`))
		}
	}))
	t.Cleanup(graph.Close)
	ca := s.write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: graph.Certificate().Raw})))
	args := []string{
		"label", "import", "--entra-tenant", "f66b6bd3-ebc2-4f54-8769-d22858de97c5", "--client-id", "c", "--client-secret-file", s.write(t, "secret", "x\n"), "--login", graph.URL, "--graph", graph.URL + "/beta",
	}
	got := s.run(t, "contoso-reader", append(args, "--ca-file", ca)...)
	if got.code != 0 || !strings.Contains(got.out, `"encrypts": true`) || !strings.Contains(got.notes, "Secret: Graph doesn't say") {
		t.Fatalf("%+v, asked %v", got, asked)
	}
	file := s.write(t, "imported.json", got.out)
	if got := s.run(t, "contoso-operator", "label", "apply", file); got.code != 0 || !strings.Contains(got.out, "added") {
		t.Fatalf("%+v", got)
	}
	if got := s.run(t, "contoso-reader", "label", "list"); got.code != 0 || !strings.Contains(got.out, "Secret") {
		t.Errorf("%+v", got)
	}
}
