// Package clamd asks ClamAV's daemon whether content is malware, by its INSTREAM command (clamd(8)).
//
// It owns the protocol and its bounds. It does not start the daemon nor keep its signatures: the operator does. Content
// that is longer than the daemon's StreamMaxLength can't be told, and is not called clean. Layer L4. Begin with [Open].
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// piece is how much goes in one chunk.
const piece = 256 << 10

// Client asks one daemon. It is safe for concurrent use: each question has a connection of its own.
type Client struct {
	network, address string
	dial             net.Dialer
}

// Open makes a client of a daemon at "unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310". Nothing is connected to yet.
func Open(where string) (*Client, error) {
	bad := func(msg string) error {
		return &fault.Error{Kind: fault.Invalid, Op: "clamd.Open", Key: where, Msg: msg, Help: `write "unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310"`}
	}
	if path, ok := strings.CutPrefix(where, "unix:"); ok {
		if !strings.HasPrefix(path, "/") {
			return nil, bad("is no path of a socket")
		}
		return &Client{network: "unix", address: path}, nil
	}
	if host, port, err := net.SplitHostPort(where); err != nil || host == "" || port == "" {
		return nil, bad("is no address")
	}
	return &Client{network: "tcp", address: where}, nil
}

// Check sends the content and reads the verdict: the signature's name, "" when nothing was found.
func (c *Client) Check(ctx context.Context, content *io.SectionReader, _ model.File) (string, error) {
	const op = "clamd.Check"
	conn, err := c.dial.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", &fault.Error{Kind: fault.Unavailable, Op: op, Key: c.address, Msg: "does not answer", Help: "is clamd running, and may Referee reach its socket?", Err: err}
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	// The daemon answers and closes when it has seen enough or too much: then a write fails, and the answer says why.
	sent := c.send(conn, content)
	answer, err := bufio.NewReaderSize(conn, 4096).ReadSlice(0)
	if err != nil && len(answer) == 0 {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", &fault.Error{Kind: fault.Unavailable, Op: op, Key: c.address, Msg: "broke off", Err: errors.Join(sent, err)}
	}
	return read(string(answer))
}

func (c *Client) send(conn net.Conn, content *io.SectionReader) error {
	if _, err := conn.Write([]byte("zINSTREAM\x00")); err != nil {
		return err
	}
	buf := make([]byte, 4+piece)
	for at := int64(0); ; {
		n, err := content.ReadAt(buf[4:], at)
		at += int64(n)
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n)) //nolint:gosec // at most piece
			if _, werr := conn.Write(buf[:4+n]); werr != nil {
				return werr
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err // nothing more is sent: the daemon has no whole stream, and gives no verdict of it
		}
	}
	_, err := conn.Write([]byte{0, 0, 0, 0})
	return err
}

// read reads an answer: "stream: OK", "stream: NAME FOUND", or what went wrong and "ERROR".
func read(answer string) (string, error) {
	answer = strings.TrimRight(answer, "\x00\r\n")
	rest, ok := strings.CutPrefix(answer, "stream: ")
	switch {
	case ok && rest == "OK":
		return "", nil
	case ok && strings.HasSuffix(rest, " FOUND"):
		name := strings.TrimSpace(strings.TrimSuffix(rest, " FOUND"))
		switch {
		case strings.HasPrefix(name, "Heuristics.Limits.Exceeded"), strings.HasPrefix(name, "Heuristics.Encrypted"):
			// It says by this that it did not look: with AlertExceedsMax and AlertEncrypted.
			return "", &fault.Error{Kind: fault.Limited, Op: "clamd.Check", Msg: "clamd did not look at all of it: " + name, Help: "raise MaxScanSize, MaxFileSize and MaxRecursion in clamd.conf for what is too large"}
		case name == "":
			return "malware", nil
		}
		return name, nil
	case strings.Contains(answer, "size limit exceeded"):
		return "", &fault.Error{Kind: fault.Limited, Op: "clamd.Check", Msg: "the content is longer than clamd takes", Help: "raise StreamMaxLength, MaxScanSize and MaxFileSize in clamd.conf"}
	}
	return "", &fault.Error{Kind: fault.Unavailable, Op: "clamd.Check", Msg: "clamd could not tell: " + answer}
}
