package smuggle

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"regexp"
	"sync"
	"testing"
	"time"
)

// recorder is an app that reads requests without any tolerance and remembers them by case. Connections stay open, so
// that bytes which a proxy leaves on one are seen as the next request.
type recorder struct {
	mu    sync.Mutex
	got   map[string]*arrivals
	busy  int // connections with bytes that are no whole request yet
	conns map[net.Conn]bool
	last  string // the case that runs
}

// arrivals is what came of one case.
type arrivals struct {
	requests   []*message
	violations []string
}

// caseID finds the case in raw bytes.
var caseID = regexp.MustCompile(`case-[0-9]+-`)

func newRecorder() *recorder {
	return &recorder{got: map[string]*arrivals{}, conns: map[net.Conn]bool{}}
}

// serve accepts until the listener is closed.
func (r *recorder) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.conns[c] = true
		r.mu.Unlock()
		go r.conn(c)
	}
}

func (r *recorder) conn(c net.Conn) {
	defer func() {
		c.Close()
		r.mu.Lock()
		delete(r.conns, c)
		r.mu.Unlock()
	}()
	in := bufio.NewReader(c)
	for {
		if _, err := in.Peek(1); err != nil {
			return
		}
		r.note(func() { r.busy++ })
		m, err := readMessage(in)
		r.note(func() {
			r.busy--
			r.arrived(m, err)
		})
		if err != nil {
			return
		}
		if m.method == "HEAD" {
			_, err = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n")
		} else {
			_, err = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n")
		}
		if err != nil {
			return
		}
	}
}

func (r *recorder) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// arrived files what was read under its case. What names none belongs to the case that runs. A request that ended
// early is no violation: its sender ended it early.
func (r *recorder) arrived(m *message, err error) {
	id := r.last
	if found := caseID.Find(append(append([]byte{}, m.head...), m.body...)); found != nil {
		id = string(found)
	}
	a := r.got[id]
	if a == nil {
		a = &arrivals{}
		r.got[id] = a
	}
	var v errViolation
	switch {
	case errors.As(err, &v):
		a.violations = append(a.violations, v.what)
	case err == nil && m.target != "/healthz":
		a.requests = append(a.requests, m)
	}
}

// begin says which case runs now.
func (r *recorder) begin(id string) { r.note(func() { r.last = id }) }

// result waits until no connection holds part of a request, and says what came.
func (r *recorder) result(id string) arrivals {
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		r.mu.Lock()
		busy := r.busy
		r.mu.Unlock()
		if busy == 0 {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a := arrivals{}
	if got := r.got[id]; got != nil {
		a = *got
	}
	if r.busy > 0 {
		a.violations = append(a.violations, "bytes that are no request were left on a connection")
		for c := range r.conns {
			c.Close()
		}
	}
	return a
}

func (r *recorder) close(l net.Listener) {
	l.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		c.Close()
	}
}

// TestRecorderSeesLeftovers: bytes behind a request are found though nobody sends the rest of them.
func TestRecorderSeesLeftovers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRecorder()
	go r.serve(l)
	defer r.close(l)
	r.begin("case-1-")
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET /case-1-/ HTTP/1.1\r\nHost: a\r\n\r\nGET /smug")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	a := r.result("case-1-")
	if len(a.requests) != 1 || len(a.violations) != 1 {
		t.Errorf("%d requests, violations %q", len(a.requests), a.violations)
	}
}
