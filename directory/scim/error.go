package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/referee-casb/referee/fault"
)

// Error is what a client is told (RFC 7644 section 3.12).
type Error struct {
	Status int
	Type   string // scimType, "" where none fits
	Detail string
	cause  error
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

// Unwrap returns what is logged and never sent.
func (e *Error) Unwrap() error { return e.cause }

func refuse(status int, kind, detail string) *Error {
	return &Error{Status: status, Type: kind, Detail: detail}
}

// answerOf turns any error into what the client is told.
func answerOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	switch fault.KindOf(err) {
	case fault.NotFound:
		return &Error{Status: http.StatusNotFound, Detail: "there is no such resource", cause: err}
	case fault.Conflict:
		return &Error{Status: http.StatusConflict, Type: "uniqueness", Detail: "another resource has this name", cause: err}
	case fault.Limited:
		return &Error{Status: http.StatusTooManyRequests, Detail: "too many requests; try again later", cause: err}
	case fault.Unavailable, fault.Canceled:
		return &Error{Status: http.StatusServiceUnavailable, Detail: "Referee can't take this now; try again later", cause: err}
	}
	return &Error{Status: http.StatusInternalServerError, Detail: "something went wrong inside Referee", cause: err}
}

const errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"

func (e *Error) write(w http.ResponseWriter) {
	body := object{"schemas": []string{errorSchema}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
	if e.Type != "" {
		body["scimType"] = e.Type
	}
	switch e.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	}
	send(w, e.Status, body)
}

// send writes a body. Should that fail, the client has gone.
func send(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // only what came in as JSON goes out
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
