package shim_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"

	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/gateway/shim/bundle"
)

// sizeMost is the budget of the client script, gzipped: it is in the way of every first paint.
const sizeMost = 25 << 10

func TestScriptIsBuiltFromSources(t *testing.T) {
	t.Parallel()
	built, err := bundle.Build(".")
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("shim.gen.js")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, committed) {
		t.Error("shim.gen.js differs from its sources: go run ./gateway/shim/build")
	}
	if !bytes.Equal(shim.Script(), committed) {
		t.Error("the embedded script is not the committed one")
	}
}

func TestScriptSize(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(shim.Script()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() > sizeMost {
		t.Errorf("the script has %d bytes gzipped, at most %d", b.Len(), sizeMost)
	}
}

// The script must run under policies without unsafe-eval, in any charset, beside any page.
func TestScriptIsTame(t *testing.T) {
	t.Parallel()
	s := string(shim.Script())
	for _, never := range []string{"eval(", "new Function", "innerHTML", "document.write(", "sourceMappingURL"} {
		if strings.Contains(s, never) {
			t.Errorf("the script contains %q", never)
		}
	}
	for i := range len(s) {
		if s[i] > 0x7e {
			t.Fatalf("byte %d is not ASCII", i)
		}
	}
	if !strings.HasPrefix(s, `"use strict";(()=>{`) && !strings.HasPrefix(s, "(()=>{") {
		t.Errorf("the script is not one function expression: %.40q", s)
	}
}

func TestPathNamesVersion(t *testing.T) {
	t.Parallel()
	if want := "/.referee/s/" + shim.Hash() + ".js"; shim.Path() != want || len(shim.Hash()) != 32 {
		t.Errorf("Path() = %q, want %q", shim.Path(), want)
	}
	if !strings.HasPrefix(shim.Integrity(), "sha256-") {
		t.Errorf("Integrity() = %q", shim.Integrity())
	}
}
