package dlp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestPlainText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é月x", 20_000)
	for in, want := range map[string]string{
		"": "", "a": "a", "\xef\xbb\xbfé": "é", long: long, "\xef\xbb\xbf": "",
		"a\x00b": "!", "caf\xe9": "!", "\xff\xfea\x00": "!", "%PDF-1.7\n": "!", `{\rtf1 a}`: "!", "é\xc3": "!", long + "\xff": "!",
	} {
		for _, r := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in)), iotest.DataErrReader(strings.NewReader(in))} {
			got, err := io.ReadAll(PlainText(r))
			if want == "!" {
				if !errors.Is(err, ErrNotText) {
					t.Errorf("%.20q: %v", in, err)
				}
			} else if err != nil || string(got) != want {
				t.Errorf("%.20q: %.20q, %v", in, got, err)
			}
		}
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add([]byte("é"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := io.ReadAll(PlainText(iotest.HalfReader(bytes.NewReader(in))))
		if err == nil && (!utf8.Valid(got) || !bytes.HasSuffix(in, got)) {
			t.Errorf("%q from %q", got, in)
		}
	})
}
