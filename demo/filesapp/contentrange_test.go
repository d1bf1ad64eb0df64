package filesapp

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

func TestParseContentRange(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]contentRange{
		"bytes 0-9/100":          {0, 9, 100},
		"bytes 99-99/100":        {99, 99, 100},
		"Bytes  0-0/*":           {0, 0, unknown},
		"bytes */100":            {unknown, unknown, 100},
		"bytes */*":              {unknown, unknown, unknown},
		"bytes */0":              {unknown, unknown, 0},
		" bytes 5-6/7 ":          {5, 6, 7},
		"bytes 0-4294967296/*":   {0, 1 << 32, unknown},
		"bytes 00001-00002/0009": {1, 2, 9},
	} {
		if got, err := parseContentRange(raw); err != nil || got != want {
			t.Errorf("%q: %+v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{
		"", "bytes", "bytes 0-9", "0-9/10", "items 0-9/10", "bytes 9-0/10", "bytes 0-10/10", "bytes -1-5/10", "bytes 0-/10", "bytes -5/10", "bytes 0-9/-1",
		"bytes 0-9/10/11", "bytes +0-9/10", "bytes 0x1-9/10", "bytes 0-9/9223372036854775807", "bytes 99999999999999999999-1/*", "bytes 0-9/ 10", "bytes 0 - 9/10", "bytes=0-9/10", "bytes 1,2-3/9",
	} {
		if got, err := parseContentRange(raw); err == nil {
			t.Errorf("%q was read as %+v", raw, got)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, raw := range []string{"bytes 0-9/100", "bytes */*", "bytes 0-9/*", "bytes 4611686018427387903-4611686018427387903/*", "bytes ٠-٩/١٠", "bytes 0-9/100\x00"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := parseContentRange(raw)
		if err != nil {
			return
		}
		if (c.First == unknown) != (c.Last == unknown) || c.First < unknown || c.Last < c.First || c.Total < unknown || c.Total != unknown && c.Last >= c.Total || c.Length() < 0 {
			t.Fatalf("%q gave %+v", raw, c)
		}
		text := "*"
		if c.First != unknown {
			text = fmt.Sprintf("%d-%d", c.First, c.Last)
		}
		total := "*"
		if c.Total != unknown {
			total = fmt.Sprint(c.Total)
		}
		if again, err := parseContentRange("bytes " + text + "/" + total); err != nil || again != c {
			t.Fatalf("%q gave %+v, and written again %+v, %v", raw, c, again, err)
		}
	})
}

func TestParseTusMetadata(t *testing.T) {
	t.Parallel()
	got, err := parseTusMetadata("filename bcO8LnR4dA==, filetype dGV4dC9wbGFpbg== ,is_confidential")
	if err != nil || got["filename"] != "mü.txt" || got["filetype"] != "text/plain" || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := parseTusMetadata(" "); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	for _, raw := range []string{"filename !!", ",", "a,a", "a YQ==,a YQ==", "filename YQ", "a YQ== YQ=="} {
		if got, err := parseTusMetadata(raw); err == nil {
			t.Errorf("%q was read as %v", raw, got)
		}
	}
}

func FuzzTusMetadata(f *testing.F) {
	f.Add("filename bcO8LnR4dA==,filetype dGV4dC9wbGFpbg==")
	f.Add("a,b ,c YQ==")
	f.Add("filename \x00,,")
	f.Fuzz(func(t *testing.T, raw string) {
		meta, err := parseTusMetadata(raw)
		if err != nil {
			return
		}
		var pairs []string
		for key, value := range meta {
			if key == "" || strings.ContainsAny(key, " ,") {
				t.Fatalf("%q gave the key %q", raw, key)
			}
			pairs = append(pairs, key+" "+base64.StdEncoding.EncodeToString([]byte(value)))
		}
		again, err := parseTusMetadata(strings.Join(pairs, ","))
		if err != nil || len(again) != len(meta) {
			t.Fatalf("%q gave %v, and written again %v, %v", raw, meta, again, err)
		}
	})
}

func FuzzCleanName(f *testing.F) {
	for _, raw := range []string{"a.txt", "../../etc/passwd", `C:\temp\x.docx`, "..", "a\x00b", "\xff", strings.Repeat("ü", 300), "/", "  "} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, ok := cleanName(raw)
		if ok && (name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00\r\n") || len(name) > 200) {
			t.Fatalf("%q gave %q", raw, name)
		}
	})
}

func FuzzAcceptEncoding(f *testing.F) {
	f.Add("gzip, br;q=0.5")
	f.Add("br;q=0, *")
	f.Fuzz(func(t *testing.T, raw string) {
		got := chooseCoding([]string{raw})
		if got != "" && !strings.Contains(strings.ToLower(raw), got) {
			t.Fatalf("%q chose %q", raw, got)
		}
	})
}

func TestChooseCoding(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"": "", "identity": "", "gzip": "gzip", "gzip, deflate, br, zstd": "br", "br;q=0.1, gzip;q=0.9": "gzip", "br;q=0, gzip;q=0": "", "GZIP": "gzip", "gzip;q=x": "", "br; q=1": "br",
	} {
		if got := chooseCoding([]string{raw}); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
