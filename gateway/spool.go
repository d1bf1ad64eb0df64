package gateway

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/referee-casb/referee/fault"
)

// spoolMemory is how much of a held answer stays in memory; the rest goes to a file that nobody else can open.
const spoolMemory = 1 << 20

var errTooLarge = errors.New("the answer is larger than what may be held")

// spooled is an answer that was held back until it had been looked at.
type spooled struct {
	mem  []byte
	file *os.File
	size int64
	at   int64
	rest io.Reader // of an answer that was too large: what follows
	src  io.Closer
}

// spool reads an answer whole. With errTooLarge what it returns still gives all bytes, held ones first.
func (g *Gateway) spool(a *answer, deadline time.Time) (*spooled, error) {
	src := a.source()
	s := &spooled{src: src}
	if !deadline.IsZero() {
		// The app's own slowness counts too: a body that isn't there at the deadline is not looked at.
		t := time.AfterFunc(time.Until(deadline), func() { src.Close() })
		defer t.Stop()
	}
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for {
		n, err := src.Read(buf[:])
		if n > 0 {
			if werr := s.write(buf[:n], g.cfg.SpoolDir); werr != nil {
				return s, fault.As(werr, fault.Unavailable, "gateway.spool", "")
			}
			if s.size > g.cfg.SpoolBody {
				s.rest = src
				return s, errTooLarge
			}
		}
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

func (s *spooled) write(p []byte, dir string) error {
	s.size += int64(len(p))
	if s.file == nil && len(s.mem)+len(p) <= spoolMemory {
		s.mem = append(s.mem, p...)
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(dir, "referee-spool-")
		if err != nil {
			return err
		}
		// The name goes at once: the bytes are gone with the process, however it ends.
		if err := os.Remove(f.Name()); err != nil {
			f.Close()
			return err
		}
		s.file = f
	}
	_, err := s.file.Write(p)
	return err
}

// ReadAt reads held bytes.
func (s *spooled) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	n := 0
	if off < int64(len(s.mem)) {
		n = copy(p, s.mem[off:])
		off += int64(n)
	}
	if n < len(p) && s.file != nil {
		k, err := s.file.ReadAt(p[n:], off-int64(len(s.mem)))
		return n + k, err
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Read gives the bytes on, held ones first.
func (s *spooled) Read(p []byte) (int, error) {
	if s.at < s.size {
		n, err := s.ReadAt(p, s.at)
		s.at += int64(n)
		switch {
		case n == 0 && len(p) > 0:
			err = io.ErrUnexpectedEOF // a reader that gives nothing and no error is asked for ever
		case errors.Is(err, io.EOF):
			err = nil
		}
		return n, err
	}
	if s.rest != nil {
		return s.rest.Read(p)
	}
	return 0, io.EOF
}

// Close lets go of what was held.
func (s *spooled) Close() error {
	if s.file != nil {
		_ = s.file.Close() // it has no name any more; nothing depends on its last bytes
		s.file = nil
	}
	return s.src.Close()
}
