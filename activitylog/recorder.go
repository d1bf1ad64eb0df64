package activitylog

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// RecorderOptions configure a [Recorder]. The zero value is usable.
type RecorderOptions struct {
	Now          func() time.Time // nil means time.Now
	Log          *slog.Logger     // nil discards
	ViewShare    float64          // share of page views that is kept, up to 1; 0 means all, negative none
	ViewQueue    int              // page views that may wait; 0 means 4,096
	OutcomeQueue int              // outcomes that may wait for the bus; 0 means 16,384
	OutcomeWait  time.Duration    // how long Outcome waits for the bus before it leaves the rest to Run; 0 means 2 s
}

// Recorder publishes activities. It is safe for concurrent use, and its [Recorder.Run] must run for page views and for
// outcomes that the bus did not take at once. When Run has ended, page views are dropped and counted.
//
// The bus keeps room for outcomes: from 95 % of its byte limit on, intents are refused with a fault of kind Limited
// and page views are dropped, while outcomes and events go on until the limit.
type Recorder struct {
	bus    bus.Bus
	opt    RecorderOptions
	views  chan *model.Activity
	retry  retryQueue
	fill   fill
	counts recorderCounts
}

// NewRecorder makes a recorder over b.
func NewRecorder(b bus.Bus, opt RecorderOptions) *Recorder {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.ViewShare == 0 {
		opt.ViewShare = 1
	}
	if opt.ViewQueue <= 0 {
		opt.ViewQueue = 4096
	}
	if opt.OutcomeQueue <= 0 {
		opt.OutcomeQueue = 16384
	}
	if opt.OutcomeWait <= 0 {
		opt.OutcomeWait = 2 * time.Second
	}
	r := &Recorder{bus: b, opt: opt, views: make(chan *model.Activity, opt.ViewQueue)}
	r.retry.limit = opt.OutcomeQueue
	return r
}

// Prepare fills in what an activity lacks to be told apart: ID, Reference and Time. Use it to show a reference code
// before the activity is published.
func (r *Recorder) Prepare(a *model.Activity) {
	if a.ID == "" {
		a.ID = newID(a)
	}
	if a.Reference == "" {
		a.Reference = Reference(a.ID)
	}
	if a.Time.IsZero() {
		a.Time = r.opt.Now()
	}
	// Microseconds and UTC are what the log keeps; an activity reads the same before and after.
	a.Time = a.Time.UTC().Truncate(time.Microsecond)
}

// Intent records that an action begins. When it returns nil the intent is stored. It fills in a, which the caller
// keeps and hands to [Recorder.Outcome]. Kinds: Limited when the bus is full or nearly so, Unavailable, Invalid.
//
// Callers fail closed: without a stored intent the first byte must not leave.
func (r *Recorder) Intent(ctx context.Context, a *model.Activity) error {
	const op = "activitylog.Intent"
	a.Stage, a.Outcome, a.Revision = model.StageIntent, model.OutcomeNone, RevisionFirst
	m, err := r.message(a)
	if err != nil {
		return err
	}
	if r.fill.high() {
		// fail closed: what room is left belongs to the outcomes of actions that have begun.
		r.counts.intentsRefused.Add(1)
		return &fault.Error{Kind: fault.Limited, Op: op, Key: string(a.ID), Msg: "the bus is nearly full"}
	}
	if err := r.bus.Publish(ctx, m); err != nil {
		// fail closed: the caller learns that nothing was recorded.
		r.counts.intentsRefused.Add(1)
		return fault.Wrap(err, op, string(a.ID))
	}
	r.counts.intents.Add(1)
	return nil
}

// Outcome records how an action ended. The caller has set Outcome, Status, bytes and hashes. It does not care whether
// ctx was cancelled: the client may have gone. nil means stored, or kept in memory until Run gets it stored; if the
// process dies before, the closer tells the intent's end as unknown. Kinds: Limited when too many outcomes wait, Invalid.
func (r *Recorder) Outcome(ctx context.Context, a *model.Activity) error {
	const op = "activitylog.Outcome"
	a.Stage = model.StageOutcome
	a.Revision = max(a.Revision, RevisionOutcome)
	m, err := r.message(a)
	if err != nil {
		return err
	}
	// Behind a waiting outcome there is no point in trying: the bus just refused or did not answer.
	if r.retry.empty() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opt.OutcomeWait)
		defer cancel()
		if err = r.bus.Publish(ctx, m); err == nil {
			r.counts.outcomes.Add(1)
			return nil
		}
		if fault.Is(err, fault.Invalid) {
			r.counts.outcomesLost.Add(1)
			return fault.Wrap(err, op, string(a.ID))
		}
		r.opt.Log.Warn("outcome waits for the bus", "activity", a.ID, "err", err)
	}
	if !r.retry.put(m) {
		r.counts.outcomesLost.Add(1)
		return &fault.Error{Kind: fault.Limited, Op: op, Key: string(a.ID), Msg: "too many outcomes wait for the bus", Err: err}
	}
	r.counts.outcomesRetried.Add(1)
	return nil
}

// Event records something of one moment: a sign-in, a blocked action, a change of policy. When it returns nil the
// event is stored; what to do when it is not is the caller's to decide and to write down. Kinds as [Recorder.Intent].
func (r *Recorder) Event(ctx context.Context, a *model.Activity) error {
	a.Stage = model.StageNone
	a.Revision = max(a.Revision, RevisionFirst)
	m, err := r.message(a)
	if err != nil {
		return err
	}
	if err := r.bus.Publish(ctx, m); err != nil {
		r.counts.eventsRefused.Add(1)
		return fault.Wrap(err, "activitylog.Event", string(a.ID))
	}
	r.counts.events.Add(1)
	return nil
}

// Unknown records that the writer of an intent was not heard of again; a is the intent as it was read back. An outcome
// that comes later still wins.
func (r *Recorder) Unknown(ctx context.Context, a *model.Activity) error {
	a.Stage, a.Outcome = model.StageOutcome, model.OutcomeUnknown
	a.Revision = max(a.Revision+1, RevisionUnknown)
	m, err := r.message(a)
	if err != nil {
		return err
	}
	if err := r.bus.Publish(ctx, m); err != nil {
		return fault.Wrap(err, "activitylog.Unknown", string(a.ID))
	}
	r.counts.unknown.Add(1)
	return nil
}

// message completes a and makes its message.
func (r *Recorder) message(a *model.Activity) (bus.Message, error) {
	r.Prepare(a)
	a.Recorded = r.opt.Now().UTC().Truncate(time.Microsecond)
	bound(a)
	if err := a.Validate(); err != nil {
		return bus.Message{}, fault.Wrap(err, "activitylog.Record", string(a.ID))
	}
	return Message(a)
}

func messageID(a *model.Activity) string {
	return clean(string(a.ID)) + "." + strconv.Itoa(a.Revision)
}

// clean keeps a foreign id from breaking the line-based head of a bus message.
func clean(s string) string {
	if strings.ContainsAny(s, "\r\n") {
		return strings.NewReplacer("\r", "_", "\n", "_").Replace(s)
	}
	return s
}

// bound cuts the texts that a client chooses. A cut text ends with an ellipsis.
func bound(a *model.Activity) {
	cut(&a.Agent.Raw, 1024)
	cut(&a.Path, 4096)
	cut(&a.Reason, 4096)
	cut(&a.Host, 512)
	cut(&a.Method, 64)
	cut(&a.ActionType, 256)
	for i := range a.Files {
		cut(&a.Files[i].Name, 1024)
		cut(&a.Files[i].URL, 4096)
		cut(&a.Files[i].MIME, 256)
	}
}

func cut(s *string, n int) {
	if len(*s) <= n {
		return
	}
	const mark = "…"
	n -= len(mark)
	for n > 0 && (*s)[n]&0xC0 == 0x80 { // not inside a rune
		n--
	}
	*s = (*s)[:n] + mark
}
