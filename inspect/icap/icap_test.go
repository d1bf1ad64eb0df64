package icap

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

func section(text string) *io.SectionReader {
	return io.NewSectionReader(strings.NewReader(text), 0, int64(len(text)))
}

func TestRead(t *testing.T) {
	t.Parallel()
	const back = "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
	for text, want := range map[string]string{
		"ICAP/1.0 204 Unmodified\r\nISTag: x\r\n\r\n":                                                                    "",
		"ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar;\r\nEncapsulated: null-body=0\r\n\r\n": "Eicar",
		"ICAP/1.0 200 OK\r\nX-Virus-ID: Some Name\r\n\r\n":                                                               "Some Name",
		"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=9\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n0\r\n\r\n":          "malware",
		back + "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n":                                                                       "",
		back + "3\r\nabc\r\n3\r\nxyz\r\n0\r\n\r\n":                                                                       "error",
		back + "3\r\nabc\r\n0\r\n\r\n":                                                                                   "error",
		back + "3\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\n\r\n":                                                             "error",
		back + "3\r\nabc\r\n3\r\ndef\r\n":                                                                                "error", // cut off
		"ICAP/1.0 200 OK\r\n\r\n":                                                                                        "error",
		"ICAP/1.0 404 Service not found\r\n\r\n":                                                                         "error",
		"HTTP/1.1 204 No Content\r\n\r\n":                                                                                "error",
		"":                                                                                                               "error", "ICAP/1.0 204": "error", "ICAP/1.0 204 x\r\nno colon\r\n\r\n": "error",
		"ICAP/1.0 204 x\r\n" + strings.Repeat("A: b\r\n", 20_000) + "\r\n": "error",
	} {
		got, err := read(bufio.NewReader(strings.NewReader(text)), section("abcdef"))
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%.80q: %q, want %q (%v)", text, got, want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=9\r\n\r\nHTTP/1.1 200 OK\r\n\r\n1\r\nx\r\n0\r\n\r\n", "x")
	f.Fuzz(func(t *testing.T, answer, content string) {
		name, err := read(bufio.NewReader(strings.NewReader(answer)), section(content))
		if err == nil && name == "" && !strings.HasPrefix(answer, "ICAP/1.") {
			t.Fatal("clean by something that is no answer")
		}
	})
}
