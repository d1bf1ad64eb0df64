package inspect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
)

// Inspector looks into content. It is safe for concurrent use.
type Inspector struct {
	parts   Parts
	engines engines
	results *recent[gateway.Findings]
}

var _ gateway.Inspector = (*Inspector)(nil)

// New makes an inspector.
func New(cfg Config, parts Parts) *Inspector {
	cfg = cfg.withDefaults()
	if parts.Types == nil {
		parts.Types = BuiltIn{}
	}
	return &Inspector{parts: parts, engines: engines{kept: newRecent[*built](cfg.Engines)}, results: newRecent[gateway.Findings](cfg.Results)}
}

// task is one job on its way.
type task struct {
	i       *Inspector
	job     gateway.Job
	names   []string // types to look for
	content bool     // text is asked for
	labels  bool
	malware bool
	scan    *dlp.Scan
	found   map[string][]model.Finding // by type, while the scan runs

	revision int64 // of the tenant's types
	missing  bool  // there are no such types among them
	out      gateway.Findings
}

// Inspect finds what the job asks for. What can't be had is unobtainable in the findings; an error says that none of it
// can.
func (i *Inspector) Inspect(ctx context.Context, job gateway.Job) (gateway.Findings, error) {
	t := &task{i: i, job: job}
	for _, n := range job.Needs {
		switch n.Kind {
		case model.NeedContent:
			t.content = true
			t.names = append(t.names, n.Names...)
		case model.NeedLabel:
			t.labels = true
		case model.NeedMalware:
			t.malware = true
		case model.NeedDeviceProof, model.NeedTrueType, model.NeedSize, model.NeedNetwork: // not in the content, or known to who holds it
		}
	}
	if !t.content && !t.labels && !t.malware {
		return t.out, nil
	}
	if t.content {
		if err := t.begin(ctx); err != nil {
			return gateway.Findings{}, err
		}
	}
	plain, err := t.plain()
	if err != nil {
		return gateway.Findings{}, err
	}
	if job.Size < 0 && !(plain && t.content && !t.malware) {
		if t.job.Size, t.job.Sum, err = job.Whole(ctx); err != nil {
			return gateway.Findings{}, err
		}
	}
	return t.whole(ctx, plain)
}

// whole looks at the content, or at what is remembered of it.
func (t *task) whole(ctx context.Context, plain bool) (gateway.Findings, error) {
	key, err := t.key()
	if err != nil {
		return gateway.Findings{}, err
	}
	if have, ok := t.i.results.get(key); ok && key != "" {
		return have, nil
	}
	lasting := t.read(ctx, plain)
	if t.malware && !t.out.Enough {
		lasting = t.check(ctx) && lasting
	}
	if err := ctx.Err(); err != nil && !t.out.Enough {
		lasting = false
	}
	if lasting && key != "" {
		t.i.results.set(key, t.out)
	}
	return t.out, nil
}

// sumUpTo is the size up to which content is hashed to look for what is remembered, when nobody hashed it before.
const sumUpTo = 256 << 20

// key names the content and what is asked of it, "" when it can't be looked up.
func (t *task) key() (string, error) {
	job := &t.job
	if job.Sum == "" {
		if job.Size < 0 || job.Size > sumUpTo {
			return "", nil
		}
		h := sha256.New()
		if _, err := io.Copy(h, t.section()); err != nil {
			return "", fault.As(err, fault.Unavailable, "inspect", "content")
		}
		job.Sum = hex.EncodeToString(h.Sum(nil))
	}
	needs, err := json.Marshal(job.Needs)
	if err != nil {
		return "", fault.As(err, fault.Internal, "inspect", "needs")
	}
	opt := t.options() // what is remembered shows no more of a match than the tenant wants shown now
	return string(job.Tenant) + "\x00" + job.Sum + "\x00" + strconv.FormatInt(t.revision, 10) + "\x00" + fmt.Sprint(opt.Matches, opt.Context, opt.Last) + "\x00" + string(needs), nil
}

// section is the content to its end; while it arrives, reading ends where it does.
func (t *task) section() *io.SectionReader {
	n := t.job.Size
	if n < 0 {
		n = math.MaxInt64 >> 1
	}
	return io.NewSectionReader(t.job.Content, 0, n)
}

// plain reports whether the content is plain text, which is read here and while it arrives. Everything else has a format,
// and formats are read in a process of their own.
func (t *task) plain() (bool, error) {
	head := make([]byte, 4096)
	n, err := t.job.Content.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fault.As(err, fault.Unavailable, "inspect", "content")
	}
	kind := extract.Tell(head[:n])
	return kind == extract.Text || kind == extract.Empty, nil
}

// begin begins the scan.
func (t *task) begin(ctx context.Context) error {
	all, revision, err := t.i.parts.Types.Types(ctx, t.job.Tenant)
	if err != nil {
		return err
	}
	b, err := t.i.engines.of(t.job.Tenant, all, revision, t.names)
	if err != nil {
		return err
	}
	if len(b.missing) > 0 {
		t.i.parts.Log.Warn("policies name information types that there are not", "tenant", t.job.Tenant, "types", b.missing)
	}
	t.out.Names = b.names
	t.revision, t.missing, t.found = revision, len(b.missing) > 0, map[string][]model.Finding{}
	t.scan, err = b.engine.Start(t.options())
	return err
}

// options are those of the scan.
func (t *task) options() dlp.Options {
	opt := dlp.Options{Enough: t.enough}
	if t.i.parts.Scan != nil {
		opt = t.i.parts.Scan(t.job.Tenant, opt)
	}
	return opt
}

// enough notes what was found so far and reports whether that decides.
func (t *task) enough(typ string, confidence, count int) bool {
	list := t.found[typ]
	for i := range list {
		if list[i].Confidence == confidence {
			list[i].Count = count
			return t.decided()
		}
	}
	t.found[typ] = append(list, model.Finding{Type: typ, Confidence: confidence, Count: count})
	return t.decided()
}

func (t *task) decided() bool {
	var all []model.Finding
	for i := range t.job.Needs {
		n := &t.job.Needs[i]
		if n.Kind != model.NeedContent || len(n.Enough) == 0 {
			continue
		}
		if all == nil {
			for _, list := range t.found {
				all = append(all, list...)
			}
		}
		if n.Met(all) {
			return true
		}
	}
	return false
}

// read reads text and labels. It reports whether another reading would find the same.
func (t *task) read(ctx context.Context, plain bool) bool {
	if !t.content && !t.labels {
		return true
	}
	ask := worker.Ask{Text: t.content, Labels: t.labels}
	var text io.Writer = io.Discard
	if t.content {
		text = t.scan.Writer(ctx)
	}
	var a worker.Answer
	var err error
	seen := &watch{w: text}
	if plain {
		a, err = t.here(ctx, ask, seen)
	} else {
		a, err = t.i.parts.Reader.Read(ctx, t.job.Tenant, t.job.Content, t.job.Size, ask, seen)
	}
	if seen.binary && textual[a.Result.Kind] { // fail closed: more is behind the text than text
		a.Result.Status = extract.Unsupported
		a.LabelState = worker.LabelsHidden
	}
	if err != nil && !errors.Is(err, dlp.ErrEnough) {
		t.i.parts.Log.Warn("content not read", "tenant", t.job.Tenant, "size", t.job.Size, "err", err)
	}
	if t.labels {
		t.labelled(&a, err)
	}
	if t.content {
		t.scanned(&a, err)
	}
	return err == nil || t.out.Enough
}

// here reads plain text, which has no labels, in this process.
func (t *task) here(ctx context.Context, ask worker.Ask, text io.Writer) (a worker.Answer, err error) {
	if ask.Labels {
		a.LabelState = worker.LabelsRead
	}
	a.Result, err = extract.Extract(ctx, t.section(), text, ask.Limits) // also for labels alone: it may be more than text
	return a, err
}

// textual are the kinds of files that are text from their first byte to their last.
var textual = map[extract.Kind]bool{extract.Text: true, extract.HTML: true, extract.XML: true, extract.JSON: true, extract.Calendar: true, extract.RTF: true}

// scanned takes what the scan found.
func (t *task) scanned(a *worker.Answer, err error) {
	t.out.Enough = t.scan.Enough()
	// What was seen counts, also when the rest was not: the report of a scan that came too late is still asked for.
	report, ferr := t.scan.Finish(context.Background())
	t.out.Enough = t.out.Enough || t.scan.Enough()
	if ferr == nil {
		t.out.Types, t.out.Matches = report.Findings, report.Matches
	}
	switch {
	case ferr == nil && t.out.Enough:
		t.out.ContentState = filter.Known
	case err != nil || ferr != nil || t.missing || a.Result.Status != extract.Complete:
		t.out.ContentState = filter.Unobtainable // fail closed: text may be there that was not seen
	default:
		t.out.ContentState = filter.Known
	}
}

// labelled takes the labels: those that are in force. Of a removed or switched off label only its name is left.
func (t *task) labelled(a *worker.Answer, err error) {
	seen := map[string]bool{}
	for _, l := range a.Labels {
		if l.Enabled && !l.Removed && !seen[l.ID] {
			seen[l.ID] = true
			t.out.Labels = append(t.out.Labels, model.Label{ID: l.ID, Name: l.Name})
		}
	}
	t.out.LabelState = filter.Known
	if err != nil || a.LabelState != worker.LabelsRead {
		t.out.LabelState = filter.Unobtainable // fail closed: a label may be there that was not seen
	}
}

// check asks whether it is malware. It reports whether the answer would be the same tomorrow, which that of a list or a
// signature never is.
func (t *task) check(ctx context.Context) bool {
	t.out.MalwareState = filter.Unobtainable
	if t.i.parts.Malware == nil {
		return false
	}
	name, err := t.i.parts.Malware.Check(ctx, t.job.Tenant, t.section(), t.job.File)
	if err != nil {
		t.i.parts.Log.Warn("content not checked for malware", "tenant", t.job.Tenant, "err", err)
		return false
	}
	t.out.Malware, t.out.MalwareName, t.out.MalwareState = name != "", name, filter.Known
	return false
}
