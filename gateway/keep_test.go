package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/referee-casb/referee/model"
)

// A body that was let go gives an error to who still reads it, whether it lay in memory or in a file, and never nothing.
func TestHeldBodyReadLate(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, spoolMemory + 100} {
		var r room
		k := &heldBody{room: &r, tenant: "contoso", person: "s", spooled: &spooled{src: io.NopCloser(nil)}}
		content := bytes.Repeat([]byte("x"), size)
		for at := 0; at < size; at += bufferSize {
			p := content[at:min(at+bufferSize, size)]
			if !r.take("contoso", "s", int64(len(p))) {
				t.Fatal("no room")
			}
			if err := k.write(p, t.TempDir()); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := k.Read(make([]byte, 10)); n != 10 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		done := make(chan error)
		go func() { // as the transport does, beside who lets go
			_, err := io.Copy(io.Discard, onlyReader{k})
			done <- err
		}()
		k.drop()
		k.drop()
		if err := <-done; err != nil && !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if n, err := k.Read(make([]byte, 10)); n != 0 || !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("%d bytes: %d, %v", size, n, err)
		}
		if r.all != 0 || len(r.tenants) != 0 || len(r.persons) != 0 {
			t.Errorf("still counted: %+v", &r)
		}
	}
}

type onlyReader struct{ io.Reader }

// What is shorter than it should be is an error.
func TestSpooledCutShort(t *testing.T) {
	t.Parallel()
	s := &spooled{mem: []byte("abc"), size: 10, src: io.NopCloser(nil)}
	b, err := io.ReadAll(s)
	if string(b) != "abc" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", b, err)
	}
}

// Nobody's bodies take the room of others, nor a tenant's that of other tenants.
func TestRoomIsShared(t *testing.T) {
	t.Parallel()
	var r room
	const piece = 16 << 20
	fill := func(tenant model.TenantID, person model.SessionID) (n int64) {
		for r.take(tenant, person, piece) {
			n += piece
		}
		return n
	}
	if n := fill("contoso", "anna"); n != holdPerson {
		t.Errorf("one session holds %d", n)
	}
	if !r.take("contoso", "bert", piece) {
		t.Error("a colleague finds no room")
	}
	r.leave("contoso", "bert", piece)
	if n := fill("contoso", "bert") + fill("contoso", "carl"); n != holdTenant-holdPerson {
		t.Errorf("two colleagues hold %d", n)
	}
	if n := fill("fabrikam", "dora"); n != holdPerson {
		t.Errorf("another tenant holds %d", n)
	}
	fill("fabrikam", "emil")
	if r.take("tailspin", "fay", piece) {
		t.Error("more than all")
	}
	r.leave("contoso", "anna", holdPerson)
	if !r.take("tailspin", "fay", piece) || r.take("fabrikam", "dora", piece) {
		t.Error("what was given back is for those who have little")
	}
}
