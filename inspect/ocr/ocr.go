package ocr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/fault"
)

var _ extract.PictureReader = (*Reader)(nil)

// Config says what recognises, and what it may cost. Zero values mean the defaults.
type Config struct {
	Command   string        // the program; "" means tesseract
	Languages []string      // of the text, as Tesseract names them (eng, deu, …), those installed; none means eng
	Time      time.Duration // for one picture; 0 means 30 s
	Memory    int64         // bytes for one picture; 0 means 1 GiB
	Processes int           // at once; 0 means as many as there are processors
}

// Reader recognises text, in several pictures at a time.
type Reader struct {
	conf    Config
	command string
	slots   chan struct{}
}

// language is a name of Tesseract's: "eng", "chi_sim", "script/Latin".
var language = regexp.MustCompile(`^[A-Za-z][A-Za-z_/-]{0,40}$`)

// Open finds the program and its languages. The error is [fault.Invalid] when one of them is not there.
func Open(ctx context.Context, conf Config) (*Reader, error) {
	if conf.Command == "" {
		conf.Command = "tesseract"
	}
	if len(conf.Languages) == 0 {
		conf.Languages = []string{"eng"}
	}
	if conf.Time <= 0 {
		conf.Time = 30 * time.Second
	}
	if conf.Memory <= 0 {
		conf.Memory = 1 << 30
	}
	if conf.Processes <= 0 {
		conf.Processes = runtime.GOMAXPROCS(0)
	}
	command, err := exec.LookPath(conf.Command)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "ocr.Open", Key: conf.Command, Msg: "the program that reads pictures is not there", Help: "install Tesseract (Debian: tesseract-ocr), or turn OCR off", Err: err}
	}
	r := &Reader{conf: conf, command: command, slots: make(chan struct{}, conf.Processes)}
	installed, err := r.installed(ctx)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "ocr.Open", command)
	}
	for _, l := range conf.Languages {
		if !language.MatchString(l) || !slices.Contains(installed, l) {
			return nil, &fault.Error{
				Kind: fault.Invalid, Op: "ocr.Open", Key: l, Msg: "is no language that is installed for Tesseract",
				Help: "use some of " + strings.Join(installed, ", ") + ", or install it (Debian: tesseract-ocr-" + strings.ToLower(strings.ReplaceAll(l, "_", "-")) + ")",
			}
		}
	}
	return r, nil
}

func (r *Reader) installed(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.conf.Time)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.command, "--list-langs") //nolint:gosec // the administrator names it
	cmd.Env = environment
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[min(1, len(lines)):], nil // the first is a heading
}

// environment is one thread, and nothing of the parent's.
var environment = []string{"OMP_THREAD_LIMIT=1", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}

// maxText bounds the text of one picture, in bytes.
const maxText = 4 << 20

// ReadPicture implements [extract.PictureReader].
func (r *Reader) ReadPicture(ctx context.Context, picture *image.Gray) (string, error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, r.conf.Time)
	defer cancel()
	cmd := exec.CommandContext(limited, r.command, "stdin", "stdout", "-l", strings.Join(r.conf.Languages, "+"), "--dpi", "200") //nolint:gosec // checked by Open
	cmd.Env, cmd.Dir = environment, "/"
	cmd.WaitDelay = time.Second
	confine(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", extract.Stop(fault.As(err, fault.Unavailable, "ocr.Read", r.command))
	}
	text := &bounded{left: maxText}
	cmd.Stdout = text
	if err := cmd.Start(); err != nil {
		if limited.Err() != nil {
			return "", late(ctx, r.conf)
		}
		return "", extract.Stop(fault.As(err, fault.Unavailable, "ocr.Read", r.command))
	}
	// Bounds come before the first byte of the picture.
	err = limit(cmd.Process.Pid, r.conf)
	if err == nil {
		err = portable(in, picture)
	}
	werr := errors.Join(in.Close(), cmd.Wait())
	switch {
	case limited.Err() != nil:
		return "", late(ctx, r.conf)
	case text.over:
		return "", extract.Problem(extract.Limited, "a picture with more than %d MB of text", maxText>>20)
	case err != nil || werr != nil:
		return "", extract.Problem(extract.Unsupported, "a picture whose text could not be recognised")
	}
	return text.String(), nil
}

// late is the end of ctx, or that of the picture's time.
func late(ctx context.Context, conf Config) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return extract.Problem(extract.Limited, "reading a picture takes more than %s", conf.Time)
}

// portable writes a picture as a portable gray map (Netpbm's PGM, raw).
func portable(w io.Writer, picture *image.Gray) error {
	b := picture.Bounds()
	if _, err := fmt.Fprintf(w, "P5\n%d %d\n255\n", b.Dx(), b.Dy()); err != nil {
		return err
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		at := picture.PixOffset(b.Min.X, y)
		if _, err := w.Write(picture.Pix[at : at+b.Dx()]); err != nil {
			return err
		}
	}
	return nil
}

// bounded holds text up to a bound.
type bounded struct {
	bytes.Buffer
	left int
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		b.over = true
		return 0, io.ErrShortWrite
	}
	return b.Buffer.Write(p)
}
