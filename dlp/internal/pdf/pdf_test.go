package pdf

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Value{
		"12 0 R": Ref{12, 0}, " -3.5": Atom("-3.5"), "/A#20b ": Atom("/A#20b"), "(a(b\\)c)d)": Atom("(a(b\\)c)d)"), "<0aF>": Atom("<0aF>"),
		"[1 2 R 3 % c\n true]": Array{Ref{1, 2}, Atom("3"), Atom("true")}, "[1 2 0 R]": Array{Atom("1"), Ref{2, 0}}, "<< /A<<>>/B[]>>": NewDict("A", NewDict(), "B", Array{}),
	} {
		v, err := (&parser{data: []byte(in), whole: true}).value(0)
		if err != nil || !reflect.DeepEqual(v, want) {
			t.Errorf("%s: %#v, %v", in, v, err)
		}
		// A part of the file that ends early asks for more; it never makes another value of what it sees.
		for n := range len(in) {
			if got, err := (&parser{data: []byte(in[:n])}).value(0); err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("%s cut at %d: %#v", in, n, got)
			}
		}
	}
	for _, in := range []string{"", "]", "<<1 2>>", "<</A", "(a", "<12", "{}", strings.Repeat("[", 1000)} {
		if v, err := (&parser{data: []byte(in), whole: true}).value(0); err == nil {
			t.Errorf("%q: %#v", in, v)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "(x)", "Ünï 𝄞 \\", "a\nb"} {
		if got, ok := AsText(Text(s)); !ok || got != s {
			t.Errorf("%q: %q", s, got)
		}
	}
	if got, _ := AsBytes(Atom("(a\\101\\n\\\r\nb\\(\\7)")); string(got) != "aA\nb(\x07" {
		t.Errorf("%q", got)
	}
	if got, _ := AsName(Name("a b/#")); got != "a b/#" {
		t.Errorf("%q", got)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer <</Size 2/Root 1 0 R>>\nstartxref\n45\n%%EOF\n"))
	f.Add([]byte("%PDF-1.7\n1 0 obj <</Type/XRef/Size 2/W[1 2 1]/Root 1 0 R/Length 8>>stream\n\x00\x00\x00\x00\x01\x00\x09\x00\nendstream\nendobj\nstartxref\n9\n%%EOF\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for num := range 20 {
			v, err := file.Lookup(Ref{num, 0})
			if err != nil {
				continue
			}
			var b bytes.Buffer
			Write(&b, v)
			if b.Len() == 0 {
				t.Fatalf("object %d is written as nothing", num)
			}
			_, _, _ = file.Stream(Ref{num, 0})
		}
		u := file.Update()
		r := u.Add(NewDict("A", Int(1)), []byte("x"))
		var out bytes.Buffer
		if _, err := u.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(out.Bytes(), data) {
			t.Fatal("the bytes that were there changed")
		}
		again, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatalf("what was written: %v", err)
		}
		if _, got, err := again.Stream(r); err != nil || string(got) != "x" {
			t.Fatalf("%q, %v", got, err)
		}
	})
}
