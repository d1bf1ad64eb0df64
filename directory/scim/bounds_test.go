package scim_test

import (
	"strconv"
	"strings"
	"testing"
)

// TestBounds: what one request may do is bounded over all its operations, and however they are cut.
func TestBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := "/Users/" + w.want(t, 201, "POST", "/Users", anna).id(t)
	member := strings.TrimPrefix(user, "/Users/")
	group := "/Groups/" + w.want(t, 201, "POST", "/Groups", `{"displayName":"Staff"}`).id(t)
	times := func(n int, each func(i int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = each(i)
		}
		return strings.Join(all, ",")
	}
	same := func(text string) func(int) string { return func(int) string { return text } }
	op := func(op, path, value string) string {
		return `{"op":"` + op + `","path":"` + path + `","value":` + value + `}`
	}
	bound := func(n int) string {
		return "[" + times(n, func(i int) string { return `{"value":"` + strconv.Itoa(i) + `"}` }) + "]"
	}
	patch := func(status int, at, ops string) {
		t.Helper()
		if got := w.ask(t, "contoso/entra", "PATCH", at, patchHead+"["+ops+"]}"); got.status != status {
			t.Errorf("%d, want %d: %.300s", got.status, status, got.text)
		}
	}
	patch(413, group, op("remove", "members", bound(6000))+","+op("remove", "members", bound(6000)))
	patch(413, group, op("remove", "members", bound(6000))+","+op("add", "members", bound(6000)))
	patch(413, group, op("add", "members", "["+times(10_001, same(`{"value":"`+member+`"}`))+"]"))
	patch(204, group, op("add", "members", "["+times(3000, same(`{"value":"`+member+`"}`))+"]")) // one, said often
	if got, _ := w.want(t, 200, "GET", group, "").body["members"].([]any); len(got) != 1 {
		t.Errorf("members %v", got)
	}
	patch(204, group, times(300, func(i int) string {
		return op([]string{"remove", "add"}[i%2], "members", `[{"value":"`+member+`"}]`)
	}))
	if got, _ := w.want(t, 200, "GET", group, "").body["members"].([]any); len(got) != 1 {
		t.Errorf("after the last word, which was add: %v", got)
	}
	patch(204, group, op("add", "members", `[{"value":"`+member+`"}]`)+`,{"op":"remove","path":"members[type eq \"User\"]"}`)
	if got, _ := w.want(t, 200, "GET", group, "").body["members"].([]any); len(got) != 0 {
		t.Errorf("a filter chooses among those that were there before the request alone: %v", got)
	}

	patch(413, user, times(1001, same(op("replace", "title", `"x"`))))
	patch(413, user, times(600, same(`{"op":"replace","value":{"title":"x","nickName":"y"}}`))) // two each
	patch(400, user, op("add", "phoneNumbers", bound(600))+","+op("add", "phoneNumbers", `[`+times(600, func(i int) string { return `{"value":"b` + strconv.Itoa(i) + `"}` })+`]`))
	patch(200, user, op("add", "phoneNumbers", bound(1000)))
	patch(200, user, op("add", "phoneNumbers", bound(1000))) // the same ones
	patch(400, user, op("add", `phoneNumbers[type eq \"one more\"].value`, `"1"`))
	patch(413, user, times(400, same(op("add", "phoneNumbers", `[{"value":"1"}]`))))
	patch(413, user, times(20, same(`{"op":"remove","path":"phoneNumbers[`+strings.TrimSuffix(strings.Repeat(`value eq \"x\" or `, 30), " or ")+`]"}`)))
	patch(413, user, times(30, func(i int) string {
		return op("add", "emails", `[{"value":"`+strconv.Itoa(i)+strings.Repeat("x", 9_900)+`"}]`)
	}))
	if got, _ := w.want(t, 200, "GET", user, "").body["phoneNumbers"].([]any); len(got) != 1000 {
		t.Errorf("%d values", len(got))
	}
	patch(200, user, op("remove", "phoneNumbers", bound(999)))
	if got, _ := w.want(t, 200, "GET", user, "").body["phoneNumbers"].([]any); len(got) != 1 {
		t.Errorf("%d values are left", len(got))
	}
}
