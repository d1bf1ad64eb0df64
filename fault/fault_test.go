package fault

import (
	"errors"
	"io"
	"testing"
)

func TestKindTravelsThroughWraps(t *testing.T) {
	t.Parallel()
	base := New(NotFound, "catalog.Host", "no host has label %q", "x")
	wrapped := Wrap(base, "gateway.Serve", "x.contoso")
	if !Is(wrapped, NotFound) || Is(wrapped, Invalid) {
		t.Fatalf("kind of %v is %v, want not_found", wrapped, KindOf(wrapped))
	}
	if got, want := wrapped.Error(), `gateway.Serve "x.contoso": catalog.Host: no host has label "x"`; got != want {
		t.Fatalf("text %q, want %q", got, want)
	}
	if As(wrapped, Denied, "api", ""); KindOf(As(wrapped, Denied, "api", "")) != Denied {
		t.Fatal("As must set the outermost kind")
	}
}

func TestUnclassifiedIsInternal(t *testing.T) {
	t.Parallel()
	if KindOf(io.EOF) != Internal || KindOf(Wrap(io.EOF, "op", "")) != Internal {
		t.Fatal("an unclassified error must be internal")
	}
	if !errors.Is(Wrap(io.EOF, "op", ""), io.EOF) {
		t.Fatal("the cause must stay reachable")
	}
	if Wrap(nil, "op", "") != nil || As(nil, Denied, "op", "") != nil || Is(nil, Internal) {
		t.Fatal("nil stays nil and has no kind")
	}
}

func TestHelpIsFirstAdvice(t *testing.T) {
	t.Parallel()
	inner := &Error{Kind: Invalid, Op: "a", Help: "inner advice"}
	if got := Help(Wrap(inner, "b", "")); got != "inner advice" {
		t.Fatalf("Help = %q", got)
	}
	if Help(io.EOF) != "" || Help(nil) != "" {
		t.Fatal("no advice where none was given")
	}
}

func FuzzErrorTextNeverPanics(f *testing.F) {
	f.Add("op", "key", "msg", uint8(3))
	f.Fuzz(func(t *testing.T, op, key, msg string, k uint8) {
		e := &Error{Kind: Kind(k), Op: op, Key: key, Msg: msg, Err: io.EOF}
		if e.Error() == "" || e.Kind.String() == "" {
			t.Fatal("an error always says something")
		}
	})
}
