//go:build !linux

package acked

// acknowledged returns what was written: this system is not asked for more.
func (c *Conn) acknowledged() int64 { return c.written.Load() }
