//go:build linux || darwin || freebsd

package gateway

import "syscall"

// freeSpace returns how many bytes this process may still write to the file system of a folder.
func freeSpace(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	const most = 1 << 62
	size := uint64(s.Bsize)
	if blocks := uint64(s.Bavail); size > 0 && blocks < most/size { //nolint:unconvert // the types differ between systems
		return int64(blocks * size), nil
	}
	return most, nil
}
