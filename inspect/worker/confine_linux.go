package worker

import (
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confine gives up what reading a file doesn't need. There is no way back.
func confine(lim limits) error {
	debug.SetTraceback("none")
	set := func(what int, n uint64) error {
		return unix.Setrlimit(what, &unix.Rlimit{Cur: n, Max: n})
	}
	for _, l := range []struct {
		what int
		n    uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, 0}, // no file grows
		{unix.RLIMIT_NOFILE, 64},
	} {
		if err := set(l.what, l.n); err != nil {
			return err
		}
	}
	if lim.Memory > 0 {
		// The collector works harder before the limit is reached, at which the process ends.
		debug.SetMemoryLimit(lim.Memory / 4 * 3)
		if err := set(unix.RLIMIT_DATA, uint64(lim.Memory)); err != nil {
			return err
		}
	}
	if lim.CPU > 0 {
		late := make(chan os.Signal, 1)
		signal.Notify(late, unix.SIGXCPU)
		go func() {
			<-late
			os.Exit(4)
		}()
		if err := unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: uint64(lim.CPU), Max: uint64(lim.CPU) + 5}); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return filterCalls()
}

// refused are the system calls that fail with EPERM: everything that reaches other processes, other machines or the
// kernel's rarer parts. Threads and memory are needed, files that are open already too.
var refused = []uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN,
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	unix.SYS_KILL, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_PIDFD_GETFD,
	unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_UNLINKAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT,
	unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_RENAMEAT2, unix.SYS_FCHMODAT, unix.SYS_FCHOWNAT, unix.SYS_TRUNCATE,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_IO_URING_SETUP, unix.SYS_USERFAULTFD, unix.SYS_KEYCTL, unix.SYS_ADD_KEY,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_KEXEC_LOAD,
}

// Offsets of struct seccomp_data (linux/seccomp.h).
const (
	dataNumber = 0
	dataArch   = 4
)

// filterCalls puts a seccomp filter on all threads (seccomp(2)).
func filterCalls() error {
	arch := uint32(unix.AUDIT_ARCH_X86_64)
	calls := refused
	switch runtime.GOARCH {
	case "amd64":
		calls = append(calls[:len(calls):len(calls)], legacy...)
	case "arm64":
		arch = unix.AUDIT_ARCH_AARCH64
	default:
		return nil // the limits hold all the same
	}
	deny := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	prog := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: dataArch},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: arch, Jt: 1},
		deny,
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: dataNumber},
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 0x40000000, Jf: 1}, // the x32 way to the same calls
		deny,
	}
	for _, n := range calls {
		prog = append(prog, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: n, Jf: 1}, deny)
	}
	prog = append(prog, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	p := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]} //nolint:gosec // some two hundred
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&p)))
	runtime.KeepAlive(prog)
	switch e {
	case 0, unix.ENOSYS, unix.EINVAL: // a kernel without seccomp: the limits hold all the same
		return nil
	}
	return e
}
