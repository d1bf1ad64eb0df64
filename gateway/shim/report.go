package shim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// ReportMost is the size in bytes of the largest report that the gateway reads.
const ReportMost = 64 << 10

const (
	eventsMost = 100
	textMost   = 256 // bytes of any text in a report
)

// EventType names what the script saw. Every type but Hello and Canvas belongs to a control.
type EventType string

// The types of events.
const (
	EventHello  EventType = "hello" // the script runs in this document: the handshake
	EventCopy   EventType = "copy"
	EventCut    EventType = "cut"
	EventPaste  EventType = "paste"
	EventPrint  EventType = "print"
	EventDrag   EventType = "drag"
	EventSave   EventType = "save"
	EventShare  EventType = "share"
	EventUpload EventType = "upload"
	EventCanvas EventType = "canvas" // a large canvas was exported; never stopped
	EventHost   EventType = "host"   // the page asked a host that the app's table doesn't have: Detail.Name, by Detail.Via
)

// Event is one fact. Everything in it was said by a browser that its user owns.
type Event struct {
	N       int       `json:"n"` // counts up in a document from 1; a gap is a lost report
	Type    EventType `json:"type"`
	Control Control   `json:"control,omitempty"`
	Blocked bool      `json:"blocked,omitempty"`
	Times   int       `json:"times,omitempty"` // how often in a row; 0 means once
	At      int64     `json:"at"`              // the browser's clock, Unix milliseconds
	Detail  Detail    `json:"detail,omitzero"`
}

// Time is when the browser says it happened.
func (e Event) Time() time.Time { return time.UnixMilli(e.At).UTC() }

// Detail holds sizes, types and names; never content.
type Detail struct {
	Via    string `json:"via,omitempty"`    // event, api, key, menu, command, picker, input, drop, paste, click, script, window, frame, location, share, handle, file, element, selection, worker, canvas
	Length int64  `json:"length,omitempty"` // characters (clipboard) or pixels (canvas)
	Count  int64  `json:"count,omitempty"`  // files or items
	Bytes  int64  `json:"bytes,omitempty"`
	MIME   string `json:"mime,omitempty"`
	Name   string `json:"name,omitempty"` // of the first file
}

// Report is one POST of the script.
type Report struct {
	Doc     string  `json:"doc"`
	Dropped int     `json:"dropped,omitempty"` // facts that didn't fit
	Events  []Event `json:"events"`
}

// Answer is what the gateway answers a report with (200, application/json); 204 when it has no
// codes to give. Codes maps Event.N to the reference code of the activity that was written, Ways to how a
// person goes on from what was stopped.
type Answer struct {
	Codes map[int]string `json:"codes,omitempty"`
	Ways  map[int]Way    `json:"ways,omitempty"`
}

// Way is how a person goes on from something that the script stopped. Confirm and Request are pages on Config.Broker;
// the script links to no others.
type Way struct {
	Confirm string `json:"confirm,omitempty"` // takes a reason, or a stronger sign-in
	Watch   string `json:"watch,omitempty"`   // of a step-up: where to ask how it stands
	Request string `json:"request,omitempty"` // asks for an exception
}

var known = map[EventType]bool{
	EventHello: true, EventCopy: true, EventCut: true, EventPaste: true, EventPrint: true, EventDrag: true,
	EventSave: true, EventShare: true, EventUpload: true, EventCanvas: true, EventHost: true,
}

// ParseReport reads a report and refuses what the script can't have sent: unknown types, negative
// sizes, too many events. Texts are cut to 256 bytes. Errors say what is wrong, for a 400 answer.
func ParseReport(raw []byte) (Report, error) {
	if len(raw) > ReportMost {
		return Report{}, fmt.Errorf("report has %d bytes, at most %d are read", len(raw), ReportMost)
	}
	var r Report
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&r); err != nil {
		return Report{}, fmt.Errorf("report: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Report{}, errors.New("report: something follows the object")
	}
	if r.Doc == "" || len(r.Doc) > textMost {
		return Report{}, errors.New("report: no document id")
	}
	if len(r.Events) > eventsMost || r.Dropped < 0 {
		return Report{}, fmt.Errorf("report: %d events, %d dropped", len(r.Events), r.Dropped)
	}
	for i := range r.Events {
		if err := r.Events[i].check(); err != nil {
			return Report{}, fmt.Errorf("report: event %d: %w", i, err)
		}
	}
	return r, nil
}

func (e *Event) check() error {
	if !known[e.Type] {
		return fmt.Errorf("unknown type %q", cut(string(e.Type)))
	}
	d := &e.Detail
	if e.N < 1 || e.Times < 0 || e.At < 0 || d.Length < 0 || d.Count < 0 || d.Bytes < 0 {
		return errors.New("a number is negative")
	}
	e.Control = Control(cut(string(e.Control)))
	d.Via, d.MIME, d.Name = cut(d.Via), cut(d.MIME), cut(d.Name)
	return nil
}

// cut shortens a text to textMost bytes, on a rune's edge.
func cut(s string) string {
	if len(s) <= textMost {
		return s
	}
	s = s[:textMost]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
