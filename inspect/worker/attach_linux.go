package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketFD is the descriptor that a reading process finds its socket at.
const socketFD = 3

// link is one end of the socket.
type link struct{ *net.UnixConn }

// attach finds the socket, and the limits that are the first thing on it.
func attach() (*link, limits, error) {
	var lim limits
	f := os.NewFile(socketFD, "socket")
	if f == nil {
		return nil, lim, errors.New("no socket")
	}
	c, err := net.FileConn(f)
	_ = f.Close() // the connection has a descriptor of its own
	if err != nil {
		return nil, lim, err
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		return nil, lim, errors.New("not the socket")
	}
	text := make([]byte, limitsSize)
	if _, err := io.ReadFull(u, text); err != nil {
		return nil, lim, err
	}
	return &link{u}, lim, json.Unmarshal(bytes.TrimRight(text, " "), &lim)
}

// order receives an order and the descriptor that comes with its first byte.
func (l *link) order() (order, *os.File, error) {
	var first [1]byte
	oob := make([]byte, syscall.CmsgSpace(4))
	n, oobn, _, _, err := l.ReadMsgUnix(first[:], oob)
	if err != nil {
		return order{}, nil, err
	}
	if n == 0 {
		return order{}, nil, io.EOF
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(messages) != 1 {
		return order{}, nil, errors.New("no descriptor")
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return order{}, nil, errors.New("no descriptor")
	}
	syscall.CloseOnExec(fds[0])
	file := os.NewFile(uintptr(fds[0]), "content") //nolint:gosec // a descriptor
	o, err := decodeOrder(io.MultiReader(bytes.NewReader(first[:]), l.UnixConn))
	if err != nil {
		_ = file.Close() // it is not read
	}
	return o, file, err
}

// send sends an order with a descriptor.
func (l *link) send(o order, file *os.File) error {
	body, err := encodeOrder(o)
	if err != nil {
		return err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var sent int
	var serr error
	if err := raw.Control(func(fd uintptr) {
		sent, _, serr = l.WriteMsgUnix(body, syscall.UnixRights(int(fd)), nil) //nolint:gosec // a descriptor
	}); err != nil {
		return err
	}
	if serr == nil && sent < len(body) {
		_, serr = l.Write(body[sent:])
	}
	return serr
}

// pair makes a socket of two ends.
func pair() (*link, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "worker"), os.NewFile(uintptr(fds[1]), "socket") //nolint:gosec // descriptors
	c, err := net.FileConn(ours)
	_ = ours.Close() // the connection has a descriptor of its own
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return &link{c.(*net.UnixConn)}, theirs, nil
}

// readOnly is a descriptor of the file that can't be written to: what reads it must not change what leaves. The file may
// have no name any more.
func readOnly(f *os.File) (*os.File, error) {
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
}

// inMemory puts content that is no file into one that has no name and lies in memory.
func inMemory(src io.ReaderAt, size int64) (*os.File, error) {
	fd, err := unix.MemfdCreate("content", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "content") //nolint:gosec // a descriptor
	_, err = io.Copy(f, io.NewSectionReader(src, 0, size))
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
