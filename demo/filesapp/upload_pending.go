package filesapp

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/referee-casb/referee/fault"
)

// pending is an upload that arrives in several requests, by any of the three resumable protocols. One request
// at a time may add to it.
type pending struct {
	protocol string // "tus", "google" or "graph": a key of one is nothing to the others
	busy     sync.Mutex
	total    int64 // unknown until the sender says
	in       *intake
	stored   *file // set when it is complete
	dropped  atomic.Bool
}

// end gives up what is not complete; it runs when the upload leaves the shelf. It does not wait for a request
// that is still adding: that one cleans up when it lets go.
func (p *pending) end() {
	p.dropped.Store(true)
	if p.busy.TryLock() {
		p.in.abort()
		p.busy.Unlock()
	}
}

// pendingUpload returns an unfinished or finished upload of a protocol.
func (a *App) pendingUpload(protocol, key string) (*pending, error) {
	p, ok := a.uploads.Get(key)
	if !ok || p.protocol != protocol {
		return nil, fault.New(fault.NotFound, "filesapp.pendingUpload", "there is no such upload, or it took too long")
	}
	return p, nil
}

// hold makes the caller the only one who adds to the upload; it must call the returned function.
func (p *pending) hold() (func(), error) {
	if !p.busy.TryLock() {
		return nil, fault.New(fault.Conflict, "filesapp.hold", "another request is adding to this upload")
	}
	return func() {
		p.busy.Unlock()
		if p.dropped.Load() {
			p.end()
		}
	}, nil
}

// add appends body, which must bring exactly length bytes; unknown means up to the total. What arrived before
// an error stays, so the sender can go on from there. The upload is held by the caller.
func (p *pending) add(body io.Reader, length int64) error {
	const op = "filesapp.add"
	if p.stored != nil {
		return fault.New(fault.Conflict, op, "the upload is complete")
	}
	room := int64(1) << 62
	if p.total != unknown {
		room = p.total - p.in.size
	}
	if length != unknown && length > room {
		return fault.New(fault.Invalid, op, "more bytes than were announced")
	}
	if length == unknown {
		length = room
	}
	before := p.in.size
	if err := copyBody(p.in, io.LimitReader(body, length)); err != nil {
		return err
	}
	if got := p.in.size - before; got == length {
		if n, _ := io.ReadFull(body, make([]byte, 1)); n > 0 {
			return fault.New(fault.Invalid, op, "more bytes than were announced")
		}
	}
	return nil
}

// complete stores the file when all bytes are there and reports whether it is.
func (p *pending) complete() (bool, error) {
	if p.stored == nil && p.total != unknown && p.in.size == p.total {
		f, err := p.in.commit()
		if err != nil {
			return false, err
		}
		p.stored = f
	}
	return p.stored != nil, nil
}
