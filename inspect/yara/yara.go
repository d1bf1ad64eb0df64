// Package yara matches content against YARA rules, by the program of that name (yara(1)).
//
// It owns running the program, with its time bounded and nothing of ours in its environment. It does not own rules: the
// operator names files. Layer L4. Begin with [Open].
package yara

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Defaults and bounds.
const (
	maxContent = 512 << 20 // bytes of content that is handed to the program
	maxSay     = 64 << 10  // bytes of what it says
	scanTime   = 60 * time.Second
)

// Rules are files of rules that one program matches. It is safe for concurrent use; as many programs run at once as there
// are processors.
type Rules struct {
	program string
	files   []string
	dir     string // where content is kept while it is matched
	places  chan struct{}
}

// Open finds the program and has it read the rules once, so that mistakes in them are told now.
func Open(ctx context.Context, files []string, dir string) (*Rules, error) {
	const op = "yara.Open"
	program, err := exec.LookPath("yara")
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: "yara", Msg: "the program is not installed", Help: "install it (Debian: apt-get install yara), or leave the rules out", Err: err}
	}
	r := &Rules{program: program, dir: dir, places: make(chan struct{}, runtime.GOMAXPROCS(0))}
	for _, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			return nil, fault.As(err, fault.Invalid, op, f)
		}
		if _, err := os.Stat(abs); err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: f, Msg: "can't be read", Err: err}
		}
		r.files = append(r.files, abs)
	}
	if _, err := r.Check(ctx, io.NewSectionReader(bytes.NewReader(nil), 0, 0), model.File{}); err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: strings.Join(files, ", "), Msg: "can't be used as rules", Help: "try them with: yara RULES FILE", Err: err}
	}
	return r, nil
}

// Check returns the name of the first rule that matches, "" for none.
func (r *Rules) Check(ctx context.Context, content *io.SectionReader, _ model.File) (string, error) {
	const op = "yara.Check"
	if content.Size() > maxContent {
		return "", &fault.Error{Kind: fault.Limited, Op: op, Msg: "the content is longer than 512 MiB, which rules are not matched against"}
	}
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	file, err := os.CreateTemp(r.dir, "yara-")
	if err != nil {
		return "", fault.As(err, fault.Unavailable, op, r.dir)
	}
	defer func() { _ = file.Close() }()
	if err := os.Remove(file.Name()); err != nil { // only the open file is left, which ends with us
		return "", fault.As(err, fault.Unavailable, op, r.dir)
	}
	if _, err := io.Copy(file, io.NewSectionReader(content, 0, content.Size())); err != nil {
		return "", fault.As(err, fault.Unavailable, op, "content")
	}
	return r.run(ctx, file)
}

func (r *Rules) run(ctx context.Context, file *os.File) (string, error) {
	const op = "yara.Check"
	ctx, cancel := context.WithTimeout(ctx, scanTime+5*time.Second)
	defer cancel()
	args := []string{"--no-warnings", "--threads=1", "--timeout=" + strconv.Itoa(int(scanTime/time.Second))}
	args = append(append(args, r.files...), "/proc/self/fd/3")
	cmd := exec.CommandContext(ctx, r.program, args...) //nolint:gosec // the operator's program and rules
	cmd.Env, cmd.Dir, cmd.ExtraFiles = []string{"LANG=C.UTF-8"}, "/", []*os.File{file}
	cmd.WaitDelay = time.Second
	var said, failed limited
	cmd.Stdout, cmd.Stderr = &said, &failed
	err := cmd.Run()
	for line := range strings.Lines(string(said.b)) { // a match counts even when the program then fails
		if rule, at, ok := strings.Cut(strings.TrimSpace(line), " "); ok && rule != "" && strings.HasPrefix(at, "/proc/self/fd/3") {
			return rule, nil
		}
	}
	if err != nil {
		if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
			return "", ctx.Err()
		}
		return "", &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "the rules could not be matched: " + strings.TrimSpace(string(failed.b)), Err: err}
	}
	if text := strings.TrimSpace(string(failed.b)); text != "" { // it says what went wrong, and ends well
		return "", &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "the rules could not be matched: " + text}
	}
	return "", nil
}

// limited keeps the beginning of what is written.
type limited struct{ b []byte }

func (l *limited) Write(p []byte) (int, error) {
	if n := min(len(p), maxSay-len(l.b)); n > 0 {
		l.b = append(l.b, p[:n]...)
	}
	return len(p), nil
}
