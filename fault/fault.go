// Package fault is Referee's one error vocabulary: an operation, what it worked on, a kind that callers
// test, and the cause.
//
// It owns the kinds and their meaning. It does not own how a kind is shown: package api maps kinds to HTTP,
// package cli to exit codes, queue workers to retries. Layer L0. Begin with [Error] and [Kind].
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error. Callers test kinds, never text.
type Kind uint8

// The kinds. The zero value is Internal, so that an error nobody classified is never mistaken for the
// caller's mistake.
const (
	Internal        Kind = iota // a defect or an impossible state; nothing the caller can do
	Invalid                     // the input is wrong; the message says what, where and how to mend it
	Unauthenticated             // nobody has proven who asks
	Denied                      // who asks is known and may not
	NotFound                    // absent, or not to be revealed to this caller
	Conflict                    // somebody changed it first, or it exists already
	Limited                     // a quota, size or rate bound was met; later may work
	Unavailable                 // a part that is needed does not answer; later may work
	Canceled                    // the caller went away
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "denied", "not_found", "conflict", "limited", "unavailable", "canceled"}

// String returns the kind's stable name, as used in logs and problem documents.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Error is an error with its kind. Op is the operation in the form "package.Verb"; Key what it was about
// (never a secret); Msg one lower-case sentence for people; Help how to mend it, if that is known.
type Error struct {
	Kind Kind
	Op   string
	Key  string
	Msg  string
	Help string
	Err  error
}

// Error joins operation, key, message and cause.
func (e *Error) Error() string {
	var b strings.Builder
	part := func(s string) {
		if s == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(s)
	}
	head := e.Op
	if e.Key != "" {
		head = strings.TrimSpace(head + " " + fmt.Sprintf("%q", e.Key))
	}
	part(head)
	part(e.Msg)
	if e.Err != nil {
		part(e.Err.Error())
	}
	if b.Len() == 0 {
		return e.Kind.String()
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a formatted message.
func New(kind Kind, op, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Msg: fmt.Sprintf(format, args...)}
}

// Wrap adds an operation and its key to err and keeps err's kind. It returns nil for a nil err.
func Wrap(err error, op, key string) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindOf(err), Op: op, Key: key, Err: err}
}

// As gives err another kind at a border where its meaning changes. It returns nil for a nil err.
func As(err error, kind Kind, op, key string) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Op: op, Key: key, Err: err}
}

// KindOf returns the outermost kind in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err has the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Help returns the first advice in err's chain, or "".
func Help(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Help != "" {
			return e.Help
		}
		err = e.Err
	}
	return ""
}
