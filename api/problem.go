package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/policy"
)

// Problem is the body of every error answer, application/problem+json (RFC 9457).
type Problem struct {
	Type    string    `json:"type" example:"urn:referee:invalid" doc:"What kind of problem; the same kind has the same type for ever."`
	Title   string    `json:"title" example:"Unprocessable Entity" doc:"The HTTP status in words."`
	Status  int       `json:"status" example:"422"`
	Detail  string    `json:"detail" doc:"What is wrong this time, in a sentence."`
	Help    string    `json:"help,omitempty" doc:"How to mend it, if that is known."`
	Request string    `json:"request,omitempty" doc:"Id of the request, as in the X-Request-Id header and Referee's log."`
	Errors  []Mistake `json:"errors,omitempty" doc:"Every mistake, with its position."`

	cause error
}

// Mistake is one thing that is wrong with an input.
type Mistake struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty" doc:"Path in the request or the document, such as body.name or rollout.after."`
	File     string `json:"file,omitempty" doc:"Name of the document's file, as it was sent."`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Document string `json:"document,omitempty" doc:"Id of the policy document."`
	Advice   string `json:"advice,omitempty"`
	Code     string `json:"code,omitempty" doc:"Lint check, for findings."`
	Severity string `json:"severity,omitempty" enum:"error,warning,info" doc:"For findings."`
}

// statuses maps fault kinds to HTTP. It is the only such table.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Limited:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Canceled:        499, // the client went away; nobody reads it
}

// kinds is the way back, for the problems that package huma finds before a handler runs.
var kinds = map[int]fault.Kind{
	http.StatusBadRequest: fault.Invalid, http.StatusUnprocessableEntity: fault.Invalid, http.StatusUnsupportedMediaType: fault.Invalid,
	http.StatusUnauthorized: fault.Unauthenticated, http.StatusForbidden: fault.Denied, http.StatusNotFound: fault.NotFound,
	http.StatusMethodNotAllowed: fault.Invalid, http.StatusNotAcceptable: fault.Invalid, http.StatusConflict: fault.Conflict,
	http.StatusRequestEntityTooLarge: fault.Limited, http.StatusTooManyRequests: fault.Limited, http.StatusRequestTimeout: fault.Canceled,
	http.StatusServiceUnavailable: fault.Unavailable,
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// Unwrap returns the error behind an internal problem, which is logged and never sent.
func (p *Problem) Unwrap() error { return p.cause }

// ContentType is that of problem documents.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// wrong is an invalid input with all its mistakes.
type wrong struct {
	kind     fault.Kind
	detail   string
	help     string
	mistakes []Mistake
}

func (w *wrong) Error() string { return w.detail }

// sentence is the detail with its mistakes, for texts that stand on a screen.
func (w *wrong) sentence() string {
	s := w.detail
	for _, m := range w.mistakes {
		s += "; " + strings.TrimPrefix(m.Document+": ", ": ") + m.Message
	}
	return s
}

// problem turns an error into what the client gets. Internal errors keep their text to themselves.
func problem(err error) *Problem {
	var have *Problem
	if errors.As(err, &have) {
		return have
	}
	var w *wrong
	if errors.As(err, &w) {
		p := newProblem(w.kind, statuses[w.kind], w.detail)
		p.Help, p.Errors = w.help, w.mistakes
		return p
	}
	kind := fault.KindOf(err)
	if kind == fault.Internal {
		p := newProblem(kind, statuses[kind], "something went wrong inside Referee; its log has more under this request id")
		p.cause = err
		return p
	}
	p := newProblem(kind, statuses[kind], sentence(err, kind))
	p.Help = fault.Help(err)
	var ms filter.Mistakes
	if errors.As(err, &ms) {
		p.Errors = mistakesOf(ms)
		p.Detail = fmt.Sprintf("there are %d mistakes", len(ms))
		if len(ms) == 1 {
			p.Detail = "there is a mistake"
		}
	}
	if kind == fault.Unavailable {
		p.cause = err
	}
	return p
}

func newProblem(kind fault.Kind, status int, detail string) *Problem {
	title := http.StatusText(status)
	if title == "" {
		title = "Client Closed Request"
	}
	return &Problem{Type: "urn:referee:" + strings.ReplaceAll(kind.String(), "_", "-"), Title: title, Status: status, Detail: detail}
}

// sentence returns the message for people in err's chain: the outermost one, with what it is about. Of a part that
// does not answer it shows our own words alone: the part's, and the paths and hosts it names, stay in the log.
func sentence(err error, kind fault.Kind) string {
	for e := err; e != nil; {
		var f *fault.Error
		if !errors.As(e, &f) {
			break
		}
		if f.Msg != "" {
			if f.Key != "" && !strings.Contains(f.Msg, f.Key) && kind != fault.Unavailable {
				return f.Key + ": " + f.Msg
			}
			return f.Msg
		}
		e = f.Err
	}
	if kind == fault.Unavailable {
		return "a part of Referee does not answer right now; its log has more under this request id"
	}
	return err.Error()
}

func mistakesOf(ms filter.Mistakes) []Mistake {
	out := make([]Mistake, len(ms))
	for i, m := range ms {
		out[i] = Mistake{Message: m.Reason, Location: m.Path, Line: m.Line, Column: m.Column, Advice: m.Advice}
	}
	return out
}

func problemsOf(ps policy.Problems) []Mistake {
	out := make([]Mistake, len(ps))
	for i, p := range ps {
		out[i] = Mistake{Message: p.Reason, Location: p.Path, File: p.File, Line: p.Pos.Line, Column: p.Pos.Column, Document: p.Document, Advice: p.Advice}
	}
	return out
}

var useProblems sync.Once

// installProblems makes package huma describe and send its own findings as a [Problem] too.
func installProblems() {
	useProblems.Do(func() {
		huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
			kind, ok := kinds[status]
			if !ok {
				kind = fault.Internal
			}
			if status == 0 { // huma asks for the type only
				return &Problem{}
			}
			p := newProblem(kind, status, msg)
			for _, err := range errs {
				var d *huma.ErrorDetail
				if errors.As(err, &d) {
					p.Errors = append(p.Errors, Mistake{Message: d.Message, Location: d.Location})
				} else if err != nil && kind != fault.Internal {
					p.Errors = append(p.Errors, Mistake{Message: err.Error()})
				}
			}
			return p
		}
	})
}

// write sends a problem outside of huma's handlers.
func (p *Problem) write(w http.ResponseWriter, request string) {
	p.Request = request
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="referee"`)
	}
	w.WriteHeader(p.Status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) // the client has gone if this fails
}
