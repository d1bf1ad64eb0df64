//go:build linux && !amd64

package worker

// legacy are older calls, which only one architecture has.
var legacy []uint32
