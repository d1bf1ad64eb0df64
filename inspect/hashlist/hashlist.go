// Package hashlist knows files by their hashes, from lists that the operator keeps.
//
// It owns reading the lists, and reading them again when they change. It does not fetch them. A list finds the very files
// that are on it: a file changed by one byte is another file. Layer L4. Begin with [Open].
package hashlist

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/md5"  //nolint:gosec // lists of others have it
	"crypto/sha1" //nolint:gosec // lists of others have it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// maxEntries bounds a list: 20 million hashes take about 1 GB.
const maxEntries = 20_000_000

// every is how often files are looked at for changes.
const every = 10 * time.Second

// entry is a hash, in its first bytes, and where its name is.
type entry struct {
	sum  [32]byte
	name uint32 // in names; 0: has none
}

// table is one state of all lists.
type table struct {
	by    map[int][]entry // by length of the hash in bytes, sorted
	names []string
}

// List is a set of files of hashes. It is safe for concurrent use.
type List struct {
	files []string
	log   *slog.Logger
	now   atomic.Pointer[table]
	seen  []stamp
}

type stamp struct {
	size int64
	at   time.Time
}

// Open reads files of hashes: a line holds a SHA-256, SHA-1 or MD5 in hexadecimal digits, then a name if there is one;
// "#" begins a comment.
func Open(files []string, log *slog.Logger) (*List, error) {
	l := &List{files: slices.Clone(files), log: log}
	return l, l.load()
}

// Run reads the files again whenever they change, until ctx ends. A file that can't be read leaves the lists as they were.
func (l *List) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !slices.Equal(l.seen, l.stamps()) {
			if err := l.load(); err != nil {
				l.log.Error("list of malware not read again; the last one holds", "err", err)
			}
		}
	}
}

func (l *List) stamps() []stamp {
	out := make([]stamp, len(l.files))
	for i, f := range l.files {
		if st, err := os.Stat(f); err == nil {
			out[i] = stamp{st.Size(), st.ModTime()}
		}
	}
	return out
}

func (l *List) load() error {
	stamps := l.stamps()
	t := &table{by: map[int][]entry{}, names: []string{"malware"}}
	for _, f := range l.files {
		file, err := os.Open(f) //nolint:gosec // the operator's own
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Op: "hashlist.Open", Key: f, Msg: "can't be read", Err: err}
		}
		err = t.read(file, f)
		_ = file.Close()
		if err != nil {
			return err
		}
	}
	for n := range t.by {
		slices.SortFunc(t.by[n], func(a, b entry) int { return bytes.Compare(a.sum[:], b.sum[:]) })
	}
	l.now.Store(t)
	l.seen = stamps
	return nil
}

// read adds a list.
func (t *table) read(r io.Reader, file string) error {
	names := map[string]uint32{}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 4096), 64<<10)
	count := 0
	for line := 1; in.Scan(); line++ {
		text := strings.TrimSpace(in.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		digits, name, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
		var e entry
		n, err := hex.Decode(e.sum[:], []byte(digits[:min(len(digits), 64)]))
		if err != nil || len(digits) > 64 || n != md5.Size && n != sha1.Size && n != sha256.Size {
			return &fault.Error{Kind: fault.Invalid, Op: "hashlist.Open", Key: fmt.Sprintf("%s:%d", file, line), Msg: "is no SHA-256, SHA-1 or MD5", Help: "write one hash a line, in hexadecimal digits, then a name"}
		}
		if count++; count > maxEntries {
			return &fault.Error{Kind: fault.Limited, Op: "hashlist.Open", Key: file, Msg: fmt.Sprintf("has more than %d hashes", maxEntries)}
		}
		if name = strings.TrimSpace(name); name != "" {
			at, have := names[name]
			if !have {
				at = uint32(len(t.names)) //nolint:gosec // at most maxEntries a file
				t.names, names[name] = append(t.names, name), at
			}
			e.name = at
		}
		t.by[n] = append(t.by[n], e)
	}
	if err := in.Err(); err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "hashlist.Open", Key: file, Msg: "can't be read", Err: err}
	}
	return nil
}

// Check hashes the content, as the lists need it, and looks it up.
func (l *List) Check(ctx context.Context, content *io.SectionReader, _ model.File) (string, error) {
	t := l.now.Load()
	sums := map[int]hash.Hash{}
	var all []io.Writer
	for n := range t.by {
		switch n {
		case md5.Size:
			sums[n] = md5.New() //nolint:gosec // see above
		case sha1.Size:
			sums[n] = sha1.New() //nolint:gosec // see above
		default:
			sums[n] = sha256.New()
		}
		all = append(all, sums[n])
	}
	if len(all) == 0 {
		return "", nil
	}
	if _, err := io.Copy(io.MultiWriter(all...), &interruptible{ctx, content}); err != nil {
		return "", fault.As(err, fault.Unavailable, "hashlist.Check", "content")
	}
	for n, h := range sums {
		var want entry
		copy(want.sum[:], h.Sum(nil))
		if i, ok := slices.BinarySearchFunc(t.by[n], want, func(a, b entry) int { return bytes.Compare(a.sum[:], b.sum[:]) }); ok {
			return cmp.Or(t.names[t.by[n][i].name], "malware"), nil
		}
	}
	return "", nil
}

// interruptible ends with its ctx.
type interruptible struct {
	ctx context.Context //nolint:containedctx // of one call
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}
