package acked

import "golang.org/x/sys/unix"

// acknowledged returns how many bytes the other end has acknowledged, or fewer: what is being written this moment may
// count as queued before it counts as written. SIOCOUTQ (tcp(7)) is what was sent or is to be sent, and not acknowledged.
func (c *Conn) acknowledged() int64 {
	written := c.written.Load()
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	queued := 0
	var asked error
	if err := raw.Control(func(fd uintptr) { queued, asked = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); err != nil || asked != nil {
		return 0
	}
	return written - int64(queued)
}
