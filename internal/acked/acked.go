// Package acked says whether the other end of a TCP connection has acknowledged what was written to it.
//
// A write that returned is in this machine's send buffer: when the process is killed then, or the client is gone, it may
// never arrive. Who claims that something arrived asks here first. It owns the counting and the asking of the kernel; it
// knows nothing of TLS or HTTP above it. Any layer may import it. Begin with Listener.
package acked

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Listener makes connections that can be asked.
type Listener struct{ net.Listener }

// Accept waits for a connection; those that are not TCP are returned as they are.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &Conn{TCPConn: tcp}, err
	}
	return c, err
}

// Conn is a TCP connection that counts what is written to it.
type Conn struct {
	*net.TCPConn
	written atomic.Int64

	mu     sync.Mutex
	closed bool
	final  int64 // bytes that were acknowledged when it was closed
}

// Write counts.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// Close remembers how much had been acknowledged.
func (c *Conn) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.final, c.closed = c.acknowledged(), true
	}
	c.mu.Unlock()
	return c.TCPConn.Close()
}

// settleTime is how long a protocol above may hold back the last bytes of what it was given.
const settleTime = 5 * time.Millisecond

// The waits between two questions to the kernel.
const (
	firstWait = time.Millisecond
	mostWait  = 200 * time.Millisecond
)

// Confirm waits until the other end has acknowledged what has been written until now, and what follows within a few
// milliseconds: HTTP/2 hands over its last frame after its handler has returned. It returns false when the connection
// ends, or ctx does, before that.
func (c *Conn) Confirm(ctx context.Context) bool {
	timer := time.NewTimer(settleTime)
	defer timer.Stop()
	mark, wait := int64(-1), firstWait
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
		if mark < 0 {
			mark = c.written.Load()
		}
		c.mu.Lock()
		closed, got := c.closed, c.final
		c.mu.Unlock()
		if !closed {
			got = c.acknowledged()
		}
		if got >= mark {
			return true
		}
		if closed {
			return false
		}
		timer.Reset(wait)
		wait = min(2*wait, mostWait)
	}
}
