//go:build unix

package upstream

import (
	"errors"
	"net"
	"syscall"
)

// canPeek says that this system tells whether a connection has something to read without reading it.
const canPeek = true

// peeker looks at a connection's socket.
type peeker struct {
	raw syscall.RawConn
	buf [1]byte
	err error
	f   func(fd uintptr) bool
}

func newPeeker(c net.Conn) (*peeker, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	p := &peeker{raw: raw}
	p.f = func(fd uintptr) bool { // made once: it would cost an allocation each time
		_, _, p.err = syscall.Recvfrom(int(fd), p.buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	}
	return p, nil
}

// quiet reports whether nothing has arrived, neither bytes nor an end.
func (p *peeker) quiet() bool {
	if p.raw.Read(p.f) != nil {
		return false
	}
	return errors.Is(p.err, syscall.EAGAIN) || errors.Is(p.err, syscall.EWOULDBLOCK)
}
