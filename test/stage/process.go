package stage

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// tick is the unit of processor time in /proc/<pid>/stat on Linux.
const tick = 10 * time.Millisecond

// CPU is the processor time that processes have used, with that of their children that still run.
func CPU(pids ...int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range pids {
		for _, p := range append([]int{pid}, Children(pid)...) {
			text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p), "stat"))
			if err != nil {
				return 0, fault.As(err, fault.Unavailable, "stage.CPU", strconv.Itoa(p))
			}
			// proc(5): after the command in brackets, user and system time are the 12th and 13th fields.
			f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
			for _, i := range []int{11, 12} {
				n, err := strconv.ParseInt(string(f[i]), 10, 64)
				if err != nil {
					return 0, fault.As(err, fault.Internal, "stage.CPU", strconv.Itoa(p))
				}
				sum += time.Duration(n) * tick
			}
		}
	}
	return sum, nil
}

// Children are the processes that a process started and that still run.
func Children(pid int) []int {
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "children"))
	if err != nil {
		return nil
	}
	var all []int
	for _, f := range files {
		text, err := os.ReadFile(f) //nolint:gosec // below /proc
		if err != nil {
			continue // a thread that ended
		}
		for _, w := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(w); err == nil {
				all = append(all, n)
			}
		}
	}
	return all
}

// Memory is what a process holds.
type Memory struct {
	Resident int64 // bytes
	Peak     int64 // the most that Resident has been
	Threads  int
}

// MemoryOf reads what a process holds.
func MemoryOf(pid int) (Memory, error) {
	var m Memory
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return m, fault.As(err, fault.Unavailable, "stage.MemoryOf", strconv.Itoa(pid))
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			continue
		}
		switch key {
		case "VmRSS":
			m.Resident = n << 10
		case "VmHWM":
			m.Peak = n << 10
		case "Threads":
			m.Threads = int(n)
		}
	}
	return m, nil
}

// DiskOf is what a folder takes on disk, in bytes.
func DiskOf(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // gone meanwhile
			}
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			sum += blocks(info)
		}
		return nil
	})
	return sum, fault.As(err, fault.Unavailable, "stage.DiskOf", dir)
}
