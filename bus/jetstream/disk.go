package jetstream

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/fault"
)

// diskPeriod is how often the free space is looked at.
const diskPeriod = 500 * time.Millisecond

// disk watches the file system of the embedded server's store. JetStream does not survive a full disk: after a failed
// write its stream answers nobody until the process starts again. So publishing is refused while there is still room,
// and when a write failed all the same, it is refused at once instead of after a time-out.
type disk struct {
	dir     string
	reserve int64
	log     *slog.Logger

	spare  atomic.Int64 // bytes above the reserve; below 0 publishing is refused
	failed atomic.Bool  // a write failed

	stop chan struct{}
	done sync.WaitGroup
}

func watchDisk(opt Options) *disk {
	d := &disk{dir: opt.Dir, reserve: opt.Reserve, log: opt.Log, stop: make(chan struct{})}
	d.look()
	d.done.Go(func() {
		tick := time.NewTicker(diskPeriod)
		defer tick.Stop()
		for {
			select {
			case <-d.stop:
				return
			case <-tick.C:
				d.look()
			}
		}
	})
	return d
}

func (d *disk) look() {
	free, err := freeSpace(d.dir)
	if err != nil {
		d.log.Warn("bus disk's free space is unknown", "dir", d.dir, "err", err)
		return // what was known last counts
	}
	spare := free - d.reserve
	switch before := d.spare.Swap(spare); {
	case spare < 0 && before >= 0:
		d.log.Error("bus disk is nearly full, nothing is taken any more", "dir", d.dir, "free", free, "reserve", d.reserve)
	case spare >= 0 && before < 0:
		d.log.Warn("bus disk has room again", "dir", d.dir, "free", free)
	}
}

// refuse returns why nothing can be stored now, or nil.
func (d *disk) refuse(op, key string) error {
	switch {
	case d == nil: // a cluster's servers look after their disks
		return nil
	case d.failed.Load():
		return &fault.Error{
			Kind: fault.Unavailable, Op: op, Key: key, Msg: "the bus could not write to its disk",
			Help: "make room or mend the disk, then start Referee again; what was acknowledged is kept",
		}
	case d.spare.Load() < 0:
		return &fault.Error{
			Kind: fault.Limited, Op: op, Key: key, Msg: "the bus's disk is nearly full",
			Help: "make room on the disk that holds the data directory",
		}
	}
	return nil
}

// line takes a line of the server's log. There is no other sign of a failed write than this one and silence.
func (d *disk) line(text string) {
	if strings.Contains(strings.ToLower(text), "critical write error") && !d.failed.Swap(true) {
		d.log.Error("bus can't write to its disk and takes nothing until the next start", "dir", d.dir)
	}
}

func (d *disk) close() {
	close(d.stop)
	d.done.Wait()
}
