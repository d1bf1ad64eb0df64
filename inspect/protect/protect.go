package protect

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
)

// Reader reads and writes files in a process of its own; *worker.Pool is one.
type Reader interface {
	Read(ctx context.Context, tenant model.TenantID, content io.ReaderAt, size int64, ask worker.Ask, out io.Writer) (worker.Answer, error)
}

// Labels gives out tenants' taxonomies. It is asked at each download.
type Labels interface {
	Labels(ctx context.Context, tenant model.TenantID) (taxonomy.Revision, error)
}

// Protector labels copies. It is safe for concurrent use.
type Protector struct {
	labels Labels
	reader Reader
	now    func() time.Time
	log    *slog.Logger
}

var _ gateway.Protector = (*Protector)(nil)

// New makes a protector.
func New(labels Labels, reader Reader, now func() time.Time, log *slog.Logger) *Protector {
	return &Protector{labels, reader, now, log}
}

// Protect writes a labelled copy to job.Copy, or says why there is none. An error means that nothing is known: the caller
// hands nothing over.
func (p *Protector) Protect(ctx context.Context, job gateway.Protection) (gateway.Protected, error) {
	const op = "protect"
	r, err := p.labels.Labels(ctx, job.Tenant)
	if err != nil {
		return gateway.Protected{}, fault.Wrap(err, op, string(job.Tenant))
	}
	want, err := highest(&r.Set, job.Labels)
	if err != nil {
		p.log.ErrorContext(ctx, "label not usable", "tenant", job.Tenant, "err", err)
		return gateway.Protected{Done: gateway.Refused, Why: "the policy's label can't be given to files; tell an administrator"}, nil // fail closed
	}
	out := gateway.Protected{Label: model.Label{ID: want.ID, Name: r.Set.Path(want)}}
	if want.Encrypts {
		// Its metadata would say that the file is encrypted, which it isn't.
		out.Done, out.Why = gateway.Refused, "the label "+out.Label.Name+" encrypts files, which can't be done on the way; open the file in the app, or ask for a protected copy"
		return out, nil
	}
	a, err := p.reader.Read(ctx, job.Tenant, job.Content, job.Size, worker.Ask{Own: true}, io.Discard)
	if err != nil {
		return gateway.Protected{}, fault.Wrap(err, op, "labels")
	}
	switch {
	case a.LabelState != worker.LabelsRead || a.Result.Status != extract.Complete && a.Result.Status != extract.Unsupported:
		return unsupported(out, a), nil
	case r.Set.Compare(a.Labels, want) != taxonomy.Apply:
		out.Done, out.Label = gateway.Kept, kept(&r.Set, a.Labels, out.Label)
		return out, nil
	case a.Writable == "":
		return unsupported(out, a), nil
	}
	change := label.Change{Label: r.Set.Metadata(want, label.Standard, p.now())}
	change.Marking = want.Marking.Expand(a.Writable, label.Facts{
		Label: want.Name, Name: job.File.Name, Location: job.App, User: first(job.User.Name, job.User.Username), Address: job.User.Username, Time: p.now(),
	})
	change.Label.ContentBits = change.Marking.Bits(a.Writable)
	a, err = p.reader.Read(ctx, job.Tenant, job.Content, job.Size, worker.Ask{Change: &change}, job.Copy)
	switch {
	case err != nil:
		return gateway.Protected{}, fault.Wrap(err, op, "label")
	case a.Result.Status != extract.Complete:
		return unsupported(out, a), nil
	}
	out.Done = gateway.Labelled
	return out, nil
}

// highest is the highest of the labels that policies ask for.
func highest(s *taxonomy.Set, keys []string) (*taxonomy.Label, error) {
	var best *taxonomy.Label
	for _, key := range keys {
		l, err := s.Usable(key)
		if err != nil {
			return nil, err
		}
		if best == nil || s.Priority(l.ID) > s.Priority(best.ID) {
			best = l
		}
	}
	if best == nil {
		return nil, fault.New(fault.Invalid, "protect", "no policy names a label")
	}
	return best, nil
}

// kept is the label that a file keeps: its highest of the tenant's.
func kept(s *taxonomy.Set, have []label.Label, want model.Label) model.Label {
	best, at := want, -2
	for _, h := range have {
		if !h.Enabled || h.Removed || h.SiteID != "" && h.SiteID != s.SiteID {
			continue
		}
		if n := s.Priority(h.ID); n > at {
			best, at = model.Label{ID: h.ID, Name: h.Name}, n
			if n >= 0 {
				best.Name = s.Path(&s.Labels[n])
			}
		}
	}
	return best
}

func unsupported(out gateway.Protected, a worker.Answer) gateway.Protected {
	out.Done = gateway.Unsupported
	switch {
	case a.LabelState == worker.LabelsHidden || a.Result.Status == extract.Encrypted:
		out.Why = "the file is encrypted, so it can't be labelled"
	case a.LabelState == worker.LabelsBroken || a.Result.Status == extract.Corrupt:
		out.Why = "the file is damaged, so it can't be labelled"
	default:
		out.Why = first(a.Reason, label.ErrUnsupported.Error())
	}
	return out
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
