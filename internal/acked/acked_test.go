package acked

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

func pair(t *testing.T) (*Conn, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	there, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here, err := Listener{l}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return here.(*Conn), there.(*net.TCPConn)
}

func TestConfirmed(t *testing.T) {
	t.Parallel()
	here, there := pair(t)
	if _, err := here.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if !here.Confirm(t.Context()) {
		t.Error("1,000 bytes in the client's buffer count as not arrived")
	}
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	if !here.Confirm(t.Context()) {
		t.Error("forgotten when the connection was closed")
	}
	if got, err := io.ReadAll(there); err != nil || len(got) != 1000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// A client that does not read fills its own buffer and then ours; what lies here has not arrived.
func TestNotConfirmed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux is asked")
	}
	here, there := pair(t)
	if err := there.SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if err := here.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(here, bytes.NewReader(make([]byte, 64<<20)))
	if err == nil {
		t.Fatalf("%d bytes were taken", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if here.Confirm(ctx) {
		t.Error("what the client has not read counts as arrived")
	}
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	if here.Confirm(t.Context()) {
		t.Error("what the client never got counts as arrived once the connection is closed")
	}
}
