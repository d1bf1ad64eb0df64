//go:build !(linux || darwin || freebsd)

package gateway

// freeSpace knows nothing here: a full disk shows when it is written to.
func freeSpace(string) (int64, error) { return 1 << 62, nil }
