package scim_test

import (
	"errors"
	"testing"
)

// TestNotDone shows that nothing is stored that can't be recorded, and that a client hears when sessions could not be
// ended.
func TestNotDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.want(t, 201, "POST", "/Users", anna).id(t)
	off := patchHead + `[{"op":"replace","value":{"active":false}}]}`
	w.mute = true
	w.want(t, 500, "PATCH", "/Users/"+id, off)
	if got := w.want(t, 200, "GET", "/Users/"+id, ""); got.body["active"] != true {
		t.Errorf("changed unrecorded: %s", got.text)
	}
	w.mute, w.broken = false, errors.New("the store does not answer")
	if got := w.want(t, 503, "PATCH", "/Users/"+id, off); got.header.Get("Retry-After") == "" {
		t.Error("no word when to come back")
	}
	w.broken = nil
	w.want(t, 200, "PATCH", "/Users/"+id, off) // again: the same, and told again
	if len(w.refused) != 2 {
		t.Errorf("told %v", w.refused)
	}
}

// TestDeletedAndNotDone: a client that asks again hears that the user is gone only when the sessions are.
func TestDeletedAndNotDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.want(t, 201, "POST", "/Users", anna).id(t)
	w.broken = errors.New("the store does not answer")
	w.want(t, 503, "DELETE", "/Users/"+id, "")
	w.want(t, 503, "DELETE", "/Users/"+id, "")
	w.broken = nil
	w.want(t, 404, "DELETE", "/Users/"+id, "")
	if len(w.refused) != 3 {
		t.Errorf("told %v", w.refused)
	}
}

// TestClientGone: who takes a user back and goes away at once has done it, with all that follows.
func TestClientGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.want(t, 201, "POST", "/Users", anna).id(t)
	w.gone = true
	w.ask(t, "contoso/entra", "DELETE", "/Users/"+id, "")
	w.gone = false
	w.want(t, 404, "GET", "/Users/"+id, "")
	if len(w.refused) != 1 {
		t.Errorf("told %v", w.refused)
	}
}

// TestActive: nobody who was disabled comes back in by what a client leaves out.
func TestActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "/Users/" + w.want(t, 201, "POST", "/Users", `{"userName":"anna","active":null}`).id(t)
	active := func() any { return w.want(t, 200, "GET", at, "").body["active"] }
	if active() != true {
		t.Error("a new user is not active")
	}
	w.want(t, 200, "PATCH", at, patchHead+`[{"op":"replace","path":"active","value":false}]}`)
	for _, body := range []string{`{"userName":"anna"}`, `{"userName":"anna","active":null}`} {
		if w.want(t, 200, "PUT", at, body); active() != false {
			t.Errorf("%s lets a disabled person in", body)
		}
	}
	for _, ops := range []string{
		`{"op":"remove","path":"active"}`, `{"op":"replace","path":"active","value":null}`, `{"op":"replace","path":"active"}`, `{"op":"replace","value":{"active":null}}`, `{"op":"add","value":{"Active":null}}`,
		`{"op":"replace","path":"active","value":""}`, `{"op":"replace","path":"active","value":[]}`, `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":null}`,
	} {
		if w.want(t, 400, "PATCH", at, patchHead+"["+ops+"]}"); active() != false {
			t.Errorf("%s lets a disabled person in", ops)
		}
	}
	w.want(t, 200, "PATCH", at, patchHead+`[{"op":"replace","path":"title","value":"x"}]}`)
	if active() != false {
		t.Error("a change of something else lets a disabled person in")
	}
	w.want(t, 200, "PUT", at, `{"userName":"anna","active":true}`)
	if active() != true {
		t.Error("nobody is let in again")
	}
}
