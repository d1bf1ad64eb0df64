package stage

import (
	"io/fs"
	"syscall"
)

// blocks is what a file takes on disk, which may be less than its length.
func blocks(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return info.Size()
}
