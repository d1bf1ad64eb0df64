package activitylog

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Cursor is a place in a result that stays put when rows are added: the next page begins after the row with this time
// and id, in the query's order. Its text is opaque to callers and not a secret.
type Cursor struct {
	Query uint64    // fingerprint of the query it belongs to
	Time  time.Time // of the last row seen, to the microsecond
	ID    model.ActivityID
}

// Wire form, base64url: version 1, 8 bytes fingerprint, 8 bytes microseconds since 1970, the id, 2 bytes check sum.
const (
	cursorVersion = 1
	cursorHead    = 1 + 8 + 8
	cursorTail    = 2
	maxID         = 512
)

// NextCursor returns the cursor after a row of q's result.
func NextCursor(q Query, last *model.Activity) string {
	return Cursor{Query: q.fingerprint(), Time: last.Time, ID: last.ID}.String()
}

// String returns the wire form.
func (c Cursor) String() string {
	b := make([]byte, 0, cursorHead+len(c.ID)+cursorTail)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, c.Query)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Time.UnixMicro()))
	b = append(b, c.ID...)
	b = binary.BigEndian.AppendUint16(b, checkSum(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads a cursor's text strictly; the error is a fault of kind Invalid.
func ParseCursor(s string) (Cursor, error) {
	bad := func(why string) (Cursor, error) {
		return Cursor{}, &fault.Error{
			Kind: fault.Invalid, Op: "activitylog.Cursor", Msg: "the cursor " + why,
			Help: "use the cursor of the page before as it is, or leave it out to begin again",
		}
	}
	if len(s) > 2*maxID {
		return bad("is too long")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	switch {
	case err != nil:
		return bad("is not base64url")
	case len(b) <= cursorHead+cursorTail || len(b) > cursorHead+maxID+cursorTail:
		return bad("has the wrong length")
	case b[0] != cursorVersion:
		return bad("is of another version")
	case binary.BigEndian.Uint16(b[len(b)-cursorTail:]) != checkSum(b[:len(b)-cursorTail]):
		return bad("was altered or cut")
	}
	c := Cursor{
		Query: binary.BigEndian.Uint64(b[1:]),
		Time:  time.UnixMicro(int64(binary.BigEndian.Uint64(b[9:]))).UTC(),
		ID:    model.ActivityID(b[cursorHead : len(b)-cursorTail]),
	}
	if outOfYears(c.Time) {
		return bad("points outside of time")
	}
	return c, nil
}

func checkSum(b []byte) uint16 {
	h := fnv.New32a()
	h.Write(b)
	sum := h.Sum32()
	return uint16(sum>>16) ^ uint16(sum)
}

// fingerprint is the same for the pages of one result: filter, bounds and order count, page size does not.
func (q Query) fingerprint() uint64 {
	h := fnv.New64a()
	if !q.Filter.Empty() {
		if text, err := json.Marshal(q.Filter); err == nil {
			h.Write(text)
		}
	}
	var b [17]byte
	binary.BigEndian.PutUint64(b[0:], uint64(q.From.UnixMicro()))
	binary.BigEndian.PutUint64(b[8:], uint64(q.To.UnixMicro()))
	if q.Ascending {
		b[16] = 1
	}
	h.Write(b[:])
	return h.Sum64()
}
