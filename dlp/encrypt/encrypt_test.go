package encrypt

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp/label"
)

const secret = "Grüße, pass word 1"

// wordFile is a document of Word with so many bytes of incompressible filling.
func wordFile(t testing.TB, filling int) string {
	t.Helper()
	noise := make([]byte, filling)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="bin" ContentType="application/octet-stream"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Secret paragraph</w:t></w:r></w:p></w:body></w:document>`},
		{"word/noise.bin", string(noise)},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, part[1])
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

func encrypted(t testing.TB, data, password string) (string, error) {
	t.Helper()
	var b bytes.Buffer
	err := Write(&b, io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), password, rand.Reader)
	if err != nil && b.Len() > 0 {
		t.Errorf("%d bytes before %v", b.Len(), err)
	}
	return b.String(), err
}

// opened lets LibreOffice open a document with a password, and returns its text.
func opened(t *testing.T, data, password string) string {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, "in.docx")
	if err := os.WriteFile(in, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// The system's own interpreter: that is the one which LibreOffice's bridge is for.
	out, err := exec.CommandContext(ctx, "/usr/bin/python3", filepath.Join("testdata", "open.py"), filepath.Join(dir, "profile"), in, password).CombinedOutput() //nolint:gosec // files of this test
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// decrypted lets msoffcrypto-tool decrypt a document and check its integrity.
func decrypted(t *testing.T, data, password string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.CommandContext(t.Context(), "/usr/bin/msoffcrypto-tool", "-p", password, in, out).CombinedOutput(); err != nil { //nolint:gosec // files of this test
		return "", fmt.Errorf("%w: %s", err, text)
	}
	got, err := os.ReadFile(out) //nolint:gosec // written above
	return string(got), err
}

// TestOpenXML decrypts documents of sizes around what sectors and tables hold.
func TestOpenXML(t *testing.T) {
	t.Parallel()
	for _, filling := range []int{0, 1, 5000, 70_000, 7_300_000, 17_000_000} {
		t.Run(fmt.Sprint(filling), func(t *testing.T) {
			t.Parallel()
			data := wordFile(t, filling)
			got, err := encrypted(t, data, secret)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := decrypted(t, got, secret); err != nil || back != data {
				t.Errorf("%d bytes of %d, %v", len(back), len(data), err)
			}
			if back, err := decrypted(t, got, secret+"x"); err == nil && back == data {
				t.Error("another password opens it")
			}
			if strings.Contains(got, "Secret paragraph") || strings.Contains(got, "word/document.xml") {
				t.Error("it can be read without one")
			}
			if _, err := label.Read(io.NewSectionReader(strings.NewReader(got), 0, int64(len(got)))); !errors.Is(err, label.ErrHidden) {
				t.Errorf("our reader: %v", err)
			}
			if _, err := encrypted(t, got, secret); !errors.Is(err, label.ErrHidden) {
				t.Errorf("the second time: %v", err)
			}
		})
	}
}

func TestLibreOfficeOpens(t *testing.T) {
	t.Parallel()
	got, err := encrypted(t, wordFile(t, 10_000), secret)
	if err != nil {
		t.Fatal(err)
	}
	if text := opened(t, got, secret); !strings.Contains(text, "opened: Secret paragraph") {
		t.Errorf("with the password: %s", text)
	}
	if text := opened(t, got, "another one"); strings.Contains(text, "Secret paragraph") {
		t.Errorf("with another password: %s", text)
	}
}

func TestNewPassword(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		p, err := NewPassword(rand.Reader)
		if err != nil || len(p) != 24 || seen[p] || strings.Trim(p, alphabet+"-") != "" {
			t.Fatalf("%q, %v", p, err)
		}
		seen[p] = true
	}
	if _, err := NewPassword(strings.NewReader("short")); err == nil {
		t.Error("without randomness")
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data, password string
		want           error
	}{
		"short password": {"x", "short", ErrPassword}, "control characters": {"x", "12345678\n", ErrPassword}, "long": {"x", strings.Repeat("x", 101), ErrPassword},
		"text": {"hello", secret, label.ErrUnsupported}, "cut": {wordFile(t, 0)[:300], secret, label.ErrDamaged},
	} {
		if _, err := encrypted(t, c.data, c.password); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
