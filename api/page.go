package api

import (
	"encoding/base64"

	"github.com/referee-casb/referee/fault"
)

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next of the page before."`
}

// list is what every list answers.
type list[T any] struct {
	Body struct {
		Items []T    `json:"items"`
		Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent at the end."`
	}
}

// pageOf cuts a page out of all items, which are in a stable order by key. The cursor is the last key seen, so that
// items that come and go don't shift the others.
func pageOf[T any](all []T, p Paging, key func(T) string) (*list[T], error) {
	from := 0
	if p.Cursor != "" {
		last, err := base64.RawURLEncoding.DecodeString(p.Cursor)
		if err != nil {
			return nil, fault.New(fault.Invalid, "api.page", "this is not a cursor of this list")
		}
		from = -1
		for i, item := range all {
			if key(item) == string(last) {
				from = i + 1
			}
		}
		if from < 0 {
			return nil, &fault.Error{Kind: fault.Conflict, Op: "api.page", Msg: "the list has changed where the cursor stood", Help: "begin again without a cursor"}
		}
	}
	out := &list[T]{}
	to := min(from+p.Limit, len(all))
	out.Body.Items = append([]T{}, all[from:to]...)
	if to < len(all) {
		out.Body.Next = base64.RawURLEncoding.EncodeToString([]byte(key(all[to-1])))
	}
	return out, nil
}
