package extract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

func xzOf(t testing.TB, text string, dict int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.WriterConfig{DictCap: dict}.NewWriter(&b)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func lzmaOf(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := lzma.NewWriter(&b)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func lz4Of(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := lz4.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// made runs a program in a folder with files, names and contents in turn, and returns what it has written to out.
func made(t testing.TB, out string, command []string, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...) //nolint:gosec // the tests' own
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, said)
	}
	data, err := os.ReadFile(filepath.Join(dir, out)) //nolint:gosec // as above
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// sz is a number as 7z writes it, in nine bytes.
func sz(n uint64) string {
	return "\xff" + string(binary.LittleEndian.AppendUint64(nil, n))
}

// szOf is a 7z archive with this list of files and these packed streams.
func szOf(streams, list string) string {
	next := binary.LittleEndian.AppendUint64(nil, uint64(len(streams)))
	next = binary.LittleEndian.AppendUint64(next, uint64(len(list)))
	next = binary.LittleEndian.AppendUint32(next, crc32.ChecksumIEEE([]byte(list)))
	return szMagic + "\x00\x04" + string(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(next))) + string(next) + streams + list
}

func TestPacked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a line that is packed well\n", 20_000)
	for _, c := range []struct {
		name, data string
		kind       Kind
		want       []string
	}{
		{"xz", xzOf(t, "in an xz", 1<<16), XZ, []string{"in an xz"}},
		{"two xz and zeros", xzOf(t, "first half, ", 1<<16) + "\x00\x00\x00\x00" + xzOf(t, "second half", 1<<16), XZ, []string{"first half, second half"}},
		{"xz of a tar", xzOf(t, tarOf(t, "a.txt", long+"the end"), 1<<16), XZ, []string{"a.txt", "the end"}},
		{"xz in blocks", made(t, "a.xz", []string{"xz", "-T2", "--block-size=65536", "--check=sha256", "a"}, "a", long+"the end"), XZ, []string{"the end"}},
		{"lzma", lzmaOf(t, "in an lzma"), LZMA, []string{"in an lzma"}},
		{"lz4", lz4Of(t, "in an lz4"), LZ4, []string{"in an lz4"}},
		{"7z", made(t, "a.7z", []string{"7z", "a", "a.7z", "one", "two.txt", "empty"}, "one/deep.txt", "in a folder", "two.txt", long+"the end", "empty", ""), SevenZip, []string{"one/deep.txt", "in a folder", "two.txt", "the end", "empty"}},
		{"7z, LZMA alone", made(t, "a.7z", []string{"7z", "a", "-m0=lzma", "-ms=off", "a.7z", "one", "two"}, "one", "first", "two", "second"), SevenZip, []string{"one", "first", "two", "second"}},
		{"7z, copied", made(t, "a.7z", []string{"7z", "a", "-mx=0", "-mhc=off", "a.7z", "one"}, "one", "as it is"), SevenZip, []string{"as it is"}},
		{"7z, Deflate", made(t, "a.7z", []string{"7z", "a", "-m0=deflate", "a.7z", "one"}, "one", long+"deflated"), SevenZip, []string{"deflated"}},
		{"7z, BZip2", made(t, "a.7z", []string{"7z", "a", "-m0=bzip2", "a.7z", "one"}, "one", long+"bzipped"), SevenZip, []string{"bzipped"}},
		{"7z in a zip", zipOf(t, "a.7z", made(t, "a.7z", []string{"7z", "a", "a.7z", "one"}, "one", "deep")), Zip, []string{"deep"}},
		{"rar 5", rarOf("plan.txt", "in a rar", 0), Rar, []string{"plan.txt", "in a rar"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, res := extracted(t, c.data, Limits{})
			if res.Kind != c.kind || res.Status != Complete {
				t.Errorf("%s, %s %v, want %s complete", res.Kind, res.Status, res.Open, c.kind)
			}
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("%q is not in %.200q", w, text)
				}
			}
		})
	}
}

// TestPackedNeverClean: what is locked, damaged, of another method or too large is named.
func TestPackedNeverClean(t *testing.T) {
	t.Parallel()
	plain := made(t, "a.7z", []string{"7z", "a", "a.7z", "one"}, "one", strings.Repeat("text and more ", 1000))
	whole := xzOf(t, strings.Repeat("text and more ", 1000), 1<<16)
	for _, c := range []struct {
		name, data   string
		status       Status
		path, reason string
	}{
		{"7z with a password", made(t, "a.7z", []string{"7z", "a", "-psecret", "a.7z", "one"}, "one", "locked"), Encrypted, "one", "password"},
		{"7z with hidden names", made(t, "a.7z", []string{"7z", "a", "-psecret", "-mhe=on", "a.7z", "one"}, "one", "locked"), Encrypted, "", "password"},
		{"7z, PPMd", made(t, "a.7z", []string{"7z", "a", "-m0=ppmd", "a.7z", "one"}, "one", "by another method"), Unsupported, "one", "PPMd"},
		{"7z cut", plain[:len(plain)-20], Corrupt, "", "ends early"},
		{"7z without anything", szMagic, Corrupt, "", ""},
		{"7z of a million files", szOf("", "\x01\x05"+sz(1<<20)), Limited, "", "parts"},
		{"7z of too many streams", szOf("", "\x01\x04\x06"+sz(0)+sz(1<<40)), Limited, "", "parts"},
		{"7z, a dictionary of 4 GB", szOf("xxxx", "\x01\x04\x06"+sz(0)+"\x01\x09\x04\x00"+"\x07\x0b\x01\x00\x01\x21\x21\x01\x28\x0c"+sz(1<<32)+"\x00\x00\x00"), Limited, "file 1", "4095 MB"},
		{"xz cut", whole[:len(whole)-40], Corrupt, "content", ""},
		{"xz and more", whole + "and more", Corrupt, "content", "follows"},
		{"xz, a dictionary of 4 GB", xzHeader(t, 40), Limited, "content", "MB of memory"},
		{"rar with a password", rarOf("plan.txt", "in a rar", 1), Encrypted, "plan.txt", "password"},
		{"rar cut", rarOf("plan.txt", strings.Repeat("in a rar", 100), 0)[:200], Corrupt, "plan.txt", ""},
		{"rar of nothing", "Rar!\x1a\x07\x01\x00", Corrupt, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, res := extracted(t, c.data, Limits{})
			if res.Status != c.status || len(res.Open) == 0 || res.Open[0].Path != c.path || !strings.Contains(res.Open[0].Reason, c.reason) {
				t.Errorf("%s %+v, want %s at %q: %q", res.Status, res.Open, c.status, c.path, c.reason)
			}
		})
	}
}

// xzHeader is an xz with one block whose dictionary is claimed to be this large.
func xzHeader(t testing.TB, property byte) string {
	t.Helper()
	data := []byte(xzOf(t, "x", 1<<16))
	data[12+4] = property // size, flags, filter, its size, property
	return string(data)
}

// rarOf is a RAR 5 archive with one stored file. flags 1 says that the file is encrypted.
func rarOf(name, content string, flags int) string {
	v := func(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) } //nolint:gosec // a test's
	block := func(body string) string {
		body = v(len(body)) + body
		return string(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))) + body
	}
	extra := ""
	if flags == 1 {
		record := v(1) + v(0) + v(0) + "\x0f" + strings.Repeat("s", 16) + strings.Repeat("i", 16)
		extra = v(len(record)) + record
	}
	file := v(2) + v(2|flags) // a file with data, and an extra area
	if flags == 1 {
		file += v(len(extra))
	}
	file += v(len(content)) + v(0) + v(len(content)) + v(0) + v(0) + v(1) + v(len(name)) + name + extra
	return fmt.Sprint("Rar!\x1a\x07\x01\x00", block(v(1)+v(0)+v(0)), block(file), content, block(v(5)+v(0)+v(0)))
}
