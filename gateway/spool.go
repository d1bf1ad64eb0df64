package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"sync"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// spoolMemory is how much of a held body stays in memory; a larger one lies in a file that nobody else can open.
const spoolMemory = 1 << 20

// spoolCheck is how many bytes are written between looks at the disk's free space.
const spoolCheck = 32 << 20

var (
	errTooLarge = errors.New("the body is larger than what may be held")
	errDiskFull = errors.New("the disk has no room for bodies that are held")
)

// spooled is a body that is held back until it has been looked at. One goroutine writes it, others may read what is there
// meanwhile.
type spooled struct {
	dir     string
	reserve int64 // of the disk, left free
	checked int64 // size at which the disk was looked at last

	room   *room // that its bytes are counted in; nil: they are counted elsewhere
	tenant model.TenantID
	person model.SessionID

	mu    sync.Mutex
	more  *sync.Cond // size has grown, or it has ended
	mem   []byte     // all bytes, while there is no file
	file  *os.File
	size  int64
	ended bool
	err   error // what ended it before its end
	hash  hash.Hash
	sum   string // once it has ended whole

	at   int64
	rest io.Reader // of a body that was too large: what follows
	src  io.Closer
}

// newSpool makes a spool for a body that is looked at.
func (h *hop) newSpool(src io.Closer) *spooled {
	s := &spooled{dir: h.g.cfg.SpoolDir, reserve: h.g.cfg.SpoolReserve, room: &h.g.spooling, tenant: h.t.Tenant, src: src, hash: sha256.New()}
	if h.sess != nil {
		s.person = h.sess.ID
	}
	s.more = sync.NewCond(&s.mu)
	return s
}

// write adds bytes. A failure other than errTooLarge means that the disk takes no more.
func (s *spooled) write(p []byte, dir string) error {
	if s.room != nil && !s.room.take(s.tenant, s.person, int64(len(p))) {
		return errTooLarge
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.add(p, dir)
	if err != nil && s.room != nil {
		s.room.leave(s.tenant, s.person, int64(len(p)))
	}
	if err == nil && s.more != nil {
		s.more.Broadcast()
	}
	return err
}

func (s *spooled) add(p []byte, dir string) error {
	if s.file == nil && len(s.mem)+len(p) > spoolMemory {
		if err := s.toFile(dir); err != nil {
			return err
		}
	}
	if s.file == nil {
		s.mem = append(s.mem, p...)
	} else {
		if err := s.spare(dir); err != nil {
			return err
		}
		if _, err := s.file.WriteAt(p, s.size); err != nil {
			return err
		}
	}
	if s.hash != nil {
		s.hash.Write(p)
	}
	s.size += int64(len(p))
	return nil
}

// toFile moves what is in memory to a file.
func (s *spooled) toFile(dir string) error {
	f, err := os.CreateTemp(dir, "referee-spool-")
	if err != nil {
		return err
	}
	// The name goes at once: the bytes are gone with the process, however it ends.
	if err := os.Remove(f.Name()); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.WriteAt(s.mem, 0); err != nil {
		return errors.Join(err, f.Close())
	}
	s.file, s.mem = f, nil
	return nil
}

// spare looks now and then whether the disk still has what others need.
func (s *spooled) spare(dir string) error {
	if s.reserve <= 0 || s.checked > 0 && s.size-s.checked < spoolCheck {
		return nil
	}
	s.checked = max(s.size, 1)
	if dir == "" {
		dir = os.TempDir()
	}
	free, err := freeSpace(dir)
	if err == nil && free < s.reserve+spoolCheck {
		err = errDiskFull
	}
	return err
}

// overflow leaves what follows where it is: it is read after what is held.
func (s *spooled) overflow(unheld []byte, src io.Reader) {
	s.rest = src
	if len(unheld) > 0 {
		s.rest = io.MultiReader(bytes.NewReader(bytes.Clone(unheld)), src)
	}
}

// end says that no more bytes come; err is nil at the body's own end.
func (s *spooled) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.err = true, err
	if err == nil && s.hash != nil {
		s.sum = hex.EncodeToString(s.hash.Sum(nil))
	}
	if s.more != nil {
		s.more.Broadcast()
	}
}

// ReadAt reads bytes that are there.
func (s *spooled) ReadAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	mem, file, size := s.mem, s.file, s.size
	s.mu.Unlock()
	if off < 0 || off >= size {
		return 0, io.EOF
	}
	short := int64(len(p)) > size-off
	if short {
		p = p[:size-off]
	}
	n, err := 0, error(nil)
	switch {
	case file != nil:
		n, err = file.ReadAt(p, off)
	case off < int64(len(mem)):
		n = copy(p, mem[off:])
	}
	if err == nil && (short || n < len(p)) {
		err = io.EOF
	}
	return n, err
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

// release lets go of what was held, not of what it came from.
func (s *spooled) release() {
	s.end(errors.New("let go"))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		_ = s.file.Close() // it has no name any more; nothing depends on its last bytes
		s.file = nil
	}
	s.mem = nil
	if s.room != nil {
		s.room.leave(s.tenant, s.person, s.size)
		s.room = nil
	}
}

// Close lets go of what was held.
func (s *spooled) Close() error {
	s.release()
	return s.src.Close()
}

// arriving is a spool that is read while it grows: reading waits for bytes until ctx ends.
type arriving struct {
	*spooled
	ctx context.Context
}

// wait waits until there are n bytes, or no more come.
func (a *arriving) wait(n int64) (size int64, err error) {
	wake := context.AfterFunc(a.ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.more.Broadcast()
	})
	defer wake()
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.size < n && !a.ended && a.ctx.Err() == nil {
		a.more.Wait()
	}
	switch {
	case a.size >= n && n >= 0:
		return a.size, nil
	case !a.ended:
		return a.size, fault.As(a.ctx.Err(), fault.Unavailable, "gateway.spool", "")
	case a.err != nil:
		return a.size, fault.As(a.err, fault.Unavailable, "gateway.spool", "")
	}
	return a.size, nil
}

// ReadAt waits for the bytes that it is asked for.
func (a *arriving) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, io.EOF
	}
	if _, err := a.wait(off + int64(len(p))); err != nil {
		n, _ := a.spooled.ReadAt(p, off)
		return n, err // also where some is there: what comes after it will not be read
	}
	return a.spooled.ReadAt(p, off)
}

// File is the file that the body lies in, nil while it is in memory.
func (a *arriving) File() *os.File {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.file
}

// whole waits for the body's end.
func (a *arriving) whole(ctx context.Context) (size int64, sum string, err error) {
	b := arriving{a.spooled, ctx}
	if size, err = b.wait(1 << 62); err != nil {
		return 0, "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return size, a.sum, nil
}
