package evidence

import (
	"time"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/fault"
)

// Keep says how much of a match is kept.
type Keep string

// The choices. Masked is the default.
const (
	KeepOff    Keep = "off"    // nothing
	KeepMasked Keep = "masked" // places, with all digits and letters of the match masked
	KeepLast4  Keep = "last4"  // the same, but for the last four
)

// Setting is a tenant's choice. The zero value is masked, 60 characters on each side, for 30 days.
type Setting struct {
	Keep    Keep `json:"keep,omitempty" yaml:"keep,omitempty" enum:"off,masked,last4" doc:"How much of a match is kept; masked by default."`
	Context int  `json:"context,omitempty" yaml:"context,omitempty" doc:"Characters of text on each side of a match, 40 to 100; 60 by default."`
	Days    int  `json:"days,omitempty" yaml:"days,omitempty" doc:"How long it is kept, 1 to 365; 30 by default."`
}

// The defaults and bounds.
const (
	defaultContext, leastContext = 60, 40
	defaultDays, mostDays        = 30, 365
	// PerType is how many places of a type are kept for one piece of content.
	PerType = 5
	// MaxItems is how many are kept for one activity.
	MaxItems = 200
)

// WithDefaults fills in what was left out.
func (s Setting) WithDefaults() Setting {
	if s.Keep == "" {
		s.Keep = KeepMasked
	}
	if s.Context == 0 {
		s.Context = defaultContext
	}
	if s.Days == 0 {
		s.Days = defaultDays
	}
	return s
}

// Validate says what is wrong with a setting.
func (s Setting) Validate() error {
	const op = "evidence.Setting"
	d := s.WithDefaults()
	switch {
	case d.Keep != KeepOff && d.Keep != KeepMasked && d.Keep != KeepLast4:
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: "keep", Msg: "is not off, masked or last4"}
	case d.Context < leastContext || d.Context > dlp.MaxContext:
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: "context", Msg: "is not between 40 and 100 characters"}
	case d.Days < 1 || d.Days > mostDays:
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: "days", Msg: "is not between 1 and 365"}
	}
	return nil
}

// Scan is what a scan has to report, so that it can be kept.
func (s Setting) Scan(opt dlp.Options) dlp.Options {
	d := s.WithDefaults()
	opt.Matches, opt.Context, opt.Last = PerType, d.Context, 0
	switch d.Keep {
	case KeepOff:
		opt.Matches, opt.Context = 0, 0
	case KeepLast4:
		opt.Last = 4
	case KeepMasked:
	}
	return opt
}

func (s Setting) life() time.Duration {
	return time.Duration(s.WithDefaults().Days) * 24 * time.Hour
}
