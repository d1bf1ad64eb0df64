package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Config sizes a pool. Zero values mean the defaults.
type Config struct {
	Command []string      // what starts a reading process: the binary, [Command] and, if there is one, its [Folder]
	Most    int           // processes that read at once; 0 means the number of processors
	Spare   int           // processes kept waiting for work; 0 means 2
	Memory  int64         // bytes that one may use; 0 means 1 GiB, less than 0 no limit
	CPU     time.Duration // processor time that one may use over all its files; 0 means 10 min
	Files   int           // files that one reads before it is replaced; 0 means 200

	OCR extract.PictureReader // reads pictures, in this process or one of its own; nil: they are not read
}

func (c Config) withDefaults() Config {
	if c.Most <= 0 {
		c.Most = runtime.GOMAXPROCS(0)
	}
	if c.Spare <= 0 {
		c.Spare = 2
	}
	if c.Memory == 0 {
		c.Memory = 1 << 30
	}
	if c.CPU <= 0 {
		c.CPU = 10 * time.Minute
	}
	if c.Files <= 0 {
		c.Files = 200
	}
	return c
}

// Pool is a set of reading processes. Its methods may be called from many goroutines. Nothing is started before the first
// file.
type Pool struct {
	cfg   Config
	log   *slog.Logger
	slots chan struct{}

	mu       sync.Mutex
	idle     []*process // the longest idle first
	starting int
	closed   bool
	alive    sync.WaitGroup // processes and starters
}

// New makes a pool.
func New(cfg Config, log *slog.Logger) *Pool {
	cfg = cfg.withDefaults()
	return &Pool{cfg: cfg, log: log, slots: make(chan struct{}, cfg.Most)}
}

// process is one reading process.
type process struct {
	cmd    *exec.Cmd
	link   *link
	in     *bufio.Reader
	tenant model.TenantID // whose files it has seen, "" for nobody's
	files  int
	kill   sync.Once
	gone   chan struct{}
}

// Read reads a file in a process of its own. What is wrong with the file is in the answer; an error means that nothing is
// known beyond the text that was written: the process failed, ctx ended, or text returned it.
func (p *Pool) Read(ctx context.Context, tenant model.TenantID, content io.ReaderAt, size int64, ask Ask, text io.Writer) (Answer, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return Answer{}, fault.As(ctx.Err(), fault.Unavailable, "inspect worker", "waiting for a process")
	}
	file, start, err := p.file(content, size)
	if err != nil {
		return Answer{}, fault.As(err, fault.Unavailable, "inspect worker", "content")
	}
	defer file.Close()
	w, err := p.take(tenant)
	if err != nil {
		return Answer{}, fault.As(err, fault.Unavailable, "inspect worker", "start")
	}
	stop := context.AfterFunc(ctx, w.end) // wakes the reading of its answer, too
	ask.Pictures = p.cfg.OCR != nil
	err = w.link.send(order{Ask: ask, Start: start, Size: size}, file)
	var a Answer
	if err == nil {
		a, err = readAnswer(ctx, w.in, text, p.pictures(ask, w))
	}
	ended := !stop()
	switch {
	case err == nil && !ended, errors.Is(err, errFailed) && !ended:
		p.give(w)
	default:
		w.end()
	}
	if cerr := ctx.Err(); cerr != nil && err != nil {
		err = fault.As(cerr, fault.Unavailable, "inspect worker", "late")
	}
	return a, err
}

// pictures is what answers a process about the pictures of one file, nil when they are not read.
func (p *Pool) pictures(ask Ask, w *process) *pictures {
	if p.cfg.OCR == nil {
		return nil
	}
	most := ask.Limits.Recognise
	if most <= 0 {
		most = 100 // as package extract has it
	}
	return &pictures{reader: p.cfg.OCR, left: most, out: w.link}
}

// filed is content that lies in a file from its first byte; part is content that lies somewhere in one. Either may lie in
// memory all the same, and return nil.
type (
	filed interface{ File() *os.File }
	part  interface{ File() (*os.File, int64) }
)

// file is a descriptor of the content that can only be read, and where in it the content begins.
func (p *Pool) file(content io.ReaderAt, size int64) (f *os.File, start int64, err error) {
	switch c := content.(type) {
	case *os.File:
		f = c
	case filed:
		f = c.File()
	case part:
		f, start = c.File()
	}
	if f != nil {
		f, err = readOnly(f)
	} else {
		f, err = inMemory(content, size)
		start = 0
	}
	return f, start, err
}

// take returns a process that has seen no other tenant's files, and sees to it that others wait.
func (p *Pool) take(tenant model.TenantID) (*process, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errors.New("the pool is closed")
	}
	var w *process
	for _, want := range []model.TenantID{tenant, ""} {
		for i := len(p.idle) - 1; i >= 0 && w == nil; i-- {
			if c := p.idle[i]; c.tenant == want {
				w = c
				p.idle = append(p.idle[:i], p.idle[i+1:]...)
			}
		}
	}
	p.mu.Unlock()
	defer p.refill()
	if w == nil {
		var err error
		if w, err = p.start(); err != nil {
			return nil, err
		}
	}
	w.tenant = tenant
	w.files++
	return w, nil
}

// give takes a process back that has done its work well.
func (p *Pool) give(w *process) {
	p.mu.Lock()
	if p.closed || w.files >= p.cfg.Files {
		p.mu.Unlock()
		w.end()
		return
	}
	p.idle = append(p.idle, w)
	var old *process
	if len(p.idle) > p.cfg.Spare+p.cfg.Most {
		old, p.idle = p.idle[0], p.idle[1:]
	}
	p.mu.Unlock()
	if old != nil {
		old.end()
	}
}

// Warm starts a process that waits for the first file, so that nobody waits for it.
func (p *Pool) Warm() {
	if len(p.cfg.Command) > 0 {
		p.refill()
	}
}

// refill starts processes beside, until enough wait that anybody could use.
func (p *Pool) refill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := p.starting
	for _, w := range p.idle {
		if w.tenant == "" {
			fresh++
		}
	}
	if p.closed || fresh >= p.cfg.Spare {
		return
	}
	p.starting++
	p.alive.Go(func() {
		w, err := p.start()
		p.mu.Lock()
		p.starting--
		closed := p.closed
		if err == nil && !closed {
			p.idle = append(p.idle, w)
		}
		p.mu.Unlock()
		switch {
		case err != nil:
			p.log.Warn("reading process not started", "err", err)
		case closed:
			w.end()
		}
	})
}

// start starts a process.
func (p *Pool) start() (*process, error) {
	if len(p.cfg.Command) == 0 {
		return nil, errors.New("no command is set")
	}
	ours, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Command(p.cfg.Command[0], p.cfg.Command[1:]...) //nolint:gosec // this very binary
	cmd.Env = []string{"GOTRACEBACK=none"}                      // not the parent's: it may hold secrets
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{theirs}
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	w := &process{cmd: cmd, link: ours, in: bufio.NewReaderSize(ours, maxText+8), gone: make(chan struct{})}
	p.alive.Go(func() {
		_ = cmd.Wait() // however it ended, who waits for its answer learns it from the socket
		p.forget(w)
		close(w.gone)
	})
	lim, err := json.Marshal(limits{Memory: max(p.cfg.Memory, 0), CPU: int64(p.cfg.CPU / time.Second)})
	if err == nil {
		_, err = ours.Write(append(lim, bytes.Repeat([]byte(" "), limitsSize-len(lim))...))
	}
	if err != nil {
		w.end()
		return nil, err
	}
	return w, nil
}

// forget drops a process that has ended while nobody used it.
func (p *Pool) forget(w *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.idle {
		if c == w {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return
		}
	}
}

// end kills the process and closes the socket.
func (w *process) end() {
	w.kill.Do(func() {
		_ = w.cmd.Process.Kill() // it may have ended
		_ = w.link.Close()       // nothing more is said
	})
}

// Close ends all processes and waits for them. Files that are being read fail.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, w := range idle {
		w.end()
	}
	p.alive.Wait()
}
