package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
)

// filesMost bounds how many files in pieces are followed at once; the longest untouched is given up for a new one.
const filesMost = 8192

// files follows files that go over in pieces, ranges down and chunks up: what they are is looked at once, and each has one
// activity however many requests it takes. That is one for each gateway that pieces pass: a balancer should keep a browser
// at one. Nothing passes undecided otherwise (another gateway looks at the file's first bytes itself, and an announced
// upload was decided where it was announced), but each then accounts for its own pieces, as a file that was not fetched whole.
type files struct {
	idle time.Duration
	now  func() time.Time

	mu   sync.Mutex
	open map[fileKey]*tracked
}

// fileKey says whose file it is and which version of it.
type fileKey struct {
	app string // app session; "" at public hosts
	up  bool
	id  string // real address with query, or the upload's id
	tag string // entity tag
}

// tracked is one file in pieces.
type tracked struct {
	key fileKey

	mu      sync.Mutex
	typed   bool                   // info is known
	info    recognise.ResponseInfo // of a file that comes down
	file    model.File             // of a file that goes up
	told    bool                   // file is what was announced
	passed  bool                   // a piece that goes up was let pass
	act     *model.Activity        // its intent, nil while nothing was let pass
	blocked *stop                  // what was shown when it was blocked
	until   time.Time
	spans   []span
	size    int64 // -1 unknown
	bytes   int64
	hash    hash.Hash // of the bytes as long as they come in order
	hashed  int64
	last    time.Time
	refused bool // the app didn't take a chunk
	over    bool // the outcome is written
}

type span struct{ from, to int64 } // to is exclusive

func newFiles(idle time.Duration, now func() time.Time) *files {
	return &files{idle: idle, now: now, open: map[fileKey]*tracked{}}
}

// get returns the file of a key, new if need be, and one that had to be given up for it.
func (fs *files) get(k fileKey) (st, gone *tracked) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if st = fs.open[k]; st != nil {
		return st, nil
	}
	if len(fs.open) >= filesMost {
		looked := 0
		for _, o := range fs.open {
			if gone == nil || o.touched().Before(gone.touched()) {
				gone = o
			}
			if looked++; looked == 16 {
				break
			}
		}
		delete(fs.open, gone.key)
	}
	st = &tracked{key: k, size: -1, last: fs.now()}
	fs.open[k] = st
	return st, gone
}

func (st *tracked) touched() time.Time {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.last
}

// piece finds out which file a range is of, and what that file is. It returns false when it had to answer.
func (h *hop) piece(a *answer) bool {
	k := fileKey{id: h.t.Real + h.r.URL.RequestURI(), tag: first(a.res.Header, "Etag")}
	if k.tag == "" {
		k.tag = first(a.res.Header, "Last-Modified")
	}
	if h.entry != nil {
		k.app = h.entry.App.ID
	}
	st, gone := h.g.files.get(k)
	if gone != nil {
		gone.end(h.ctx, h.g)
	}
	if h.resp.First < 0 || !h.look(a, st) {
		h.dropped(a, "the app's range could not be understood")
		h.fail(http.StatusBadGateway, page.AppDown) // fail closed: it can't be told what this is a piece of
		return false
	}
	first, last, size := h.resp.First, h.resp.Last, h.resp.File.Size
	st.mu.Lock()
	defer st.mu.Unlock()
	h.resp = st.info
	h.resp.Partial, h.resp.First, h.resp.Last = true, first, last
	if size >= 0 {
		h.resp.File.Size, st.size = size, size
	}
	if h.resp.Download {
		a.file = st
	}
	a.looked = true
	return true
}

// look makes sure that it is known what a file is: by this piece, if it is the first and long enough, else by asking the
// app for the first bytes. Pieces that come meanwhile wait.
func (h *hop) look(a *answer, st *tracked) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.typed {
		return true
	}
	enough := h.resp.First == 0 && (a.n >= recognise.HeadSize || h.resp.File.Size >= 0 && h.resp.Last+1 == h.resp.File.Size)
	if enough {
		st.info, st.typed = h.resp, true
		return true
	}
	info, ok := h.probe(a)
	if ok {
		st.info, st.typed = *info, true
	}
	return ok
}

// probe asks the app for a file's first bytes.
func (h *hop) probe(a *answer) (*recognise.ResponseInfo, bool) {
	req := a.out.Clone(h.ctx)
	req.Method, req.Body, req.ContentLength = http.MethodGet, nil, 0
	req.Header.Set("Range", "bytes=0-4095")
	for _, k := range []string{"If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Content-Length"} {
		req.Header.Del(k)
	}
	transport, err := h.g.reach(h.app, h.t.Instance)
	if err != nil {
		return nil, false
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, false
	}
	defer res.Body.Close()
	head, err := io.ReadAll(io.LimitReader(res.Body, recognise.HeadSize))
	if err != nil && len(head) == 0 || res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent ||
		first(res.Header, "Etag") != first(a.res.Header, "Etag") { // another file by now
		return nil, false
	}
	plain, ok := plainHead(head, first(res.Header, "Content-Encoding"))
	if !ok {
		return nil, false
	}
	var info recognise.ResponseInfo
	recognise.Response(&info, &h.req, res.StatusCode, res.Header, plain, true, h.app.profile)
	return &info, true
}

// chunk finds the announced file that an upload's bytes belong to, and completes what is known of f; nil for a file that
// comes in one request.
func (g *Gateway) chunk(h *hop, f *model.File, head []byte) *tracked {
	u := &h.req.Upload
	if !u.Chunk || u.ID == "" || h.entry == nil {
		return nil
	}
	st, gone := g.files.get(fileKey{app: h.entry.App.ID, up: true, id: u.ID})
	if gone != nil {
		gone.end(h.ctx, g)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	know := &st.file
	take := func(mine, theirs *string) {
		if *theirs == "" {
			*theirs = *mine
		} else if *mine == "" {
			*mine = *theirs
		}
	}
	if st.told && know.Name != "" {
		f.Name = know.Name // an upload's address is no name
	}
	take(&f.Name, &know.Name)
	take(&f.MIME, &know.MIME)
	if head != nil && f.TrueMIME != "" {
		know.TrueMIME = f.TrueMIME
	}
	f.TrueMIME = know.TrueMIME
	if st.size < 0 {
		st.size = max(u.Total, f.Size)
	}
	f.Size = st.size
	return st
}

// announced ties an announced upload to the address that the app gave it, so that its chunks belong to the same activity.
func (h *hop) announced(a *answer) {
	u := h.up
	if !h.req.Upload.Create || u == nil || h.entry == nil || a.res.StatusCode < 200 || a.res.StatusCode > 299 {
		return
	}
	for a.err == nil && a.n < len(a.buf) {
		a.more() // the address may be in the body, which is small
	}
	id, ok := recognise.Announced(&h.req, a.res.StatusCode, a.res.Header, a.buf[:a.n])
	if !ok {
		return // its chunks will be files of their own, each decided
	}
	st, gone := h.g.files.get(fileKey{app: h.entry.App.ID, up: true, id: id})
	if gone != nil {
		gone.end(h.ctx, h.g)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.file, st.size, st.told = h.req.Upload.File, h.req.Upload.File.Size, true
	if len(u.going) > 0 {
		st.act = u.going[0].act
		if h.req.Upload.Along == recognise.UploadTusCreate {
			st.passed = true
			st.file.TrueMIME = st.act.Files[0].TrueMIME
			if st.act.BytesUp != st.size { // Done may have noted those of the first bytes
				st.act.Files[0].Size, st.act.Files[0].SHA256 = st.size, ""
			}
		}
		if n := st.act.BytesUp; n > 0 { // the first bytes came along
			st.spans = join(st.spans, span{0, n})
			st.bytes += n
		}
		u.going[0].file = st
	}
}

// got and add note that bytes of a file went over.
func (st *tracked) got(first, n int64) { st.add(first, n) }

func (st *tracked) add(first, n int64) {
	if n <= 0 {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.spans = join(st.spans, span{first, first + n})
	st.bytes += n
}

// feed hashes bytes as long as they come in order.
func (st *tracked) feed(at int64, p []byte) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.act == nil || at > st.hashed || at+int64(len(p)) <= st.hashed {
		return
	}
	if st.hash == nil {
		st.hash = sha256.New()
	}
	st.hash.Write(p[st.hashed-at:])
	st.hashed = at + int64(len(p))
}

// moved ends a file whose last piece has gone over. well is false when this piece didn't.
func (fs *files) moved(ctx context.Context, g *Gateway, st *tracked, well bool) {
	st.mu.Lock()
	st.last = fs.now()
	if st.key.up && !well {
		st.refused = true
	}
	whole := st.whole()
	st.mu.Unlock()
	if whole && well {
		fs.mu.Lock()
		if fs.open[st.key] == st {
			delete(fs.open, st.key)
		}
		fs.mu.Unlock()
		st.end(ctx, g)
	}
}

// whole reports whether every byte went over; the caller holds st.mu.
func (st *tracked) whole() bool {
	return st.size >= 0 && (st.size == 0 || len(st.spans) == 1 && st.spans[0] == span{0, st.size})
}

// end writes a file's outcome, once.
func (st *tracked) end(ctx context.Context, g *Gateway) {
	st.mu.Lock()
	if st.act == nil || st.over {
		st.mu.Unlock()
		return
	}
	st.over = true
	act := st.act
	if st.key.up {
		act.BytesUp = st.bytes
	} else {
		act.BytesDown = st.bytes
	}
	switch {
	case st.whole():
		act.Outcome = model.OutcomeComplete
		if st.hash != nil && st.hashed == st.size && len(act.Files) > 0 {
			act.Files[0].SHA256 = hex.EncodeToString(st.hash.Sum(nil))
		}
	case st.refused:
		act.Outcome, act.Reason = model.OutcomeFailed, "the app did not take all of it"
	default:
		act.Outcome, act.Reason = model.OutcomeAborted, "not all pieces were fetched"
	}
	st.mu.Unlock()
	g.outcome(ctx, act)
}

// run ends files that nobody has asked for in a while, until ctx ends.
func (fs *files) run(ctx context.Context, g *Gateway) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			fs.sweep(ctx, g, fs.now().Add(-fs.idle))
		}
	}
}

// sweep ends the files that were last touched before a time.
func (fs *files) sweep(ctx context.Context, g *Gateway, before time.Time) {
	var gone []*tracked
	fs.mu.Lock()
	for k, st := range fs.open {
		if st.touched().Before(before) {
			delete(fs.open, k)
			gone = append(gone, st)
		}
	}
	fs.mu.Unlock()
	for _, st := range gone {
		st.end(ctx, g)
	}
}

// flush ends all files: the process does.
func (fs *files) flush(ctx context.Context, g *Gateway) {
	fs.sweep(ctx, g, fs.now().Add(time.Hour))
}

// join adds a span to spans in order that don't touch.
func join(spans []span, s span) []span {
	i, _ := slices.BinarySearchFunc(spans, s.from, func(o span, from int64) int {
		if o.to < from {
			return -1
		}
		return 1
	})
	j := i
	for j < len(spans) && spans[j].from <= s.to {
		s.from, s.to = min(s.from, spans[j].from), max(s.to, spans[j].to)
		j++
	}
	return slices.Replace(spans, i, j, s)
}
