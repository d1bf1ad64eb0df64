package catalog

import (
	"regexp"
	"strings"
	"testing"
)

func TestLabel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ host, want string }{
		{"example.com", "example-com"},
		{"contoso-my.sharepoint.com", "contoso--my-sharepoint-com"},
		{"files.demo.localhost:8443", "files-demo-localhost---8443"},
		{"eu-1.example.com", "wrap---eu--1-example-com"},
		{"xn--bcher-kva.example", "wrap---xn----bcher--kva-example"},
		{"10.0.0.5:8080", "10-0-0-5---8080"},
		{"a.b-c", "a-b--c"},
		{"a-b.c", "a--b-c"},
		{"a--b.c", "wrap---a----b-c"},
		{"", ""},
		{".", ""},
		{"a..b", ""},
		{"-a.b", ""},
		{"a-.b", ""},
		{"a.b.", ""},
		{"A.b", ""},
		{"a b", ""},
		{"a.b:443", ""},
		{"a.b:0", ""},
		{"a.b:", ""},
		{"a.b:99999", ""},
		{"a.b:08", ""},
		{"[::1]:80", ""},
		{"bücher.example", ""},
	} {
		if got := Label(c.host); got != c.want {
			t.Errorf("%q: got %q, want %q", c.host, got, c.want)
		}
	}
	long := strings.Repeat("a", 60) + ".example.com"
	if got := Label(long); len(got) != 33 || !strings.HasPrefix(got, "hash---") {
		t.Errorf("long host: %q", got)
	}
	if got := Label("_sip.example.com"); !strings.HasPrefix(got, "hash---") {
		t.Errorf("underscore: %q", got)
	}
	if got := label("a-host-with-a-rather-long-name.example.com", maxAnonymous); len(got) > maxAnonymous || got == "" {
		t.Errorf("anonymous: %q", got)
	}
}

var labelShape = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// unlabel decodes a label that is spelled out. It exists to show that labels are injective; production code
// never decodes.
func unlabel(label string) (string, bool) {
	if strings.HasPrefix(label, "hash---") && len(label) == 33 {
		return "", false
	}
	if rest, ok := strings.CutPrefix(label, "wrap---"); ok && len(rest) >= 4 && rest[2:4] == "--" {
		label = rest
	}
	var b strings.Builder
	for i := 0; i < len(label); {
		if label[i] != '-' {
			b.WriteByte(label[i])
			i++
			continue
		}
		n := 0
		for i < len(label) && label[i] == '-' {
			n, i = n+1, i+1
		}
		switch {
		case n == 1:
			b.WriteByte('.')
		case n == 3:
			b.WriteByte(':')
		default:
			b.WriteString(strings.Repeat("-", n/2))
		}
	}
	return b.String(), true
}

func FuzzLabel(f *testing.F) {
	for _, s := range []string{"example.com", "0.0--0", "eu-1.example.com", "a---b.c:8443", "wrap:80", "hash:80", "ab-c", "wrap.ab-c", "80-1", "wrap:8443"} {
		f.Add(s, s)
		f.Add(s, "x."+s)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		a, b := Label(one), Label(two)
		if a != "" && (len(a) > 63 || !labelShape.MatchString(a) || len(a) >= 4 && a[2:4] == "--") {
			t.Fatalf("%q: bad label %q", one, a)
		}
		if a != "" && a == b && one != two {
			t.Fatalf("%q and %q share the label %q", one, two, a)
		}
		if a != "" {
			if back, ok := unlabel(a); ok && back != one {
				t.Fatalf("%q became %q, which reads as %q", one, a, back)
			}
		}
		if c := label(one, maxAnonymous); len(c) > maxAnonymous || (c == "") != (a == "") {
			t.Fatalf("%q: anonymous label %q", one, c)
		}
	})
}
