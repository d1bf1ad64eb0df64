package scim

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/referee-casb/referee/directory"
)

const start = `{"userName":"anna","title":"Boss","name":{"givenName":"Anna","familyName":"Berg"},"active":true,
"emails":[{"value":"w@x","type":"work","primary":true},{"value":"h@x","type":"home"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"m1"}}}`

// TestPatch applies operations to one user and compares what is left, in the order of keys.
func TestPatch(t *testing.T) {
	t.Parallel()
	const work, home = `{"primary":true,"type":"work","value":"w@x"}`, `{"type":"home","value":"h@x"}`
	for _, c := range []struct{ name, ops, want string }{
		{"RFC: add an attribute", `{"op":"add","value":{"nickName":"Anni"}}`, `"nickName":"Anni"`},
		{"RFC: replace a sub-attribute", `{"op":"replace","path":"name.familyName","value":"Lind"}`, `"name":{"familyName":"Lind","givenName":"Anna"}`},
		{"RFC: replace a complex attribute keeps the rest", `{"op":"replace","path":"name","value":{"familyName":"Lind"}}`, `"name":{"familyName":"Lind","givenName":"Anna"}`},
		{"RFC: remove", `{"op":"remove","path":"title"}`, `"active":true,"emails":[` + work + `,` + home + `],"name"`},
		{"RFC: add a value", `{"op":"add","path":"emails","value":[{"value":"o@x","type":"other"}]}`, `"emails":[` + work + `,` + home + `,{"type":"other","value":"o@x"}]`},
		{"the same value", `{"op":"add","path":"emails","value":[{"value":"h@x","type":"home"}]}`, `"emails":[` + work + `,` + home + `]`},
		{"a new primary", `{"op":"add","path":"emails","value":[{"value":"o@x","primary":true}]}`, `"emails":[{"type":"work","value":"w@x"},` + home + `,{"primary":true,"value":"o@x"}]`},
		{"the same primary", `{"op":"add","path":"emails","value":[{"value":"w@x","type":"work","primary":true}]}`, `"emails":[` + work + `,` + home + `]`},
		{"the same but for primary", `{"op":"add","path":"emails","value":[{"value":"w@x","type":"work"}]}`, `"emails":[` + work + `,` + home + `]`},
		{"another primary of the same values", `{"op":"add","path":"emails","value":[{"value":"h@x","type":"home","primary":true}]}`, `"emails":[{"type":"work","value":"w@x"},{"primary":true,"type":"home","value":"h@x"}]`},
		{"no primary any more", `{"op":"add","path":"emails","value":[{"value":"w@x","type":"work","primary":false}]}`, `"emails":[{"primary":false,"type":"work","value":"w@x"},` + home + `]`},
		{"make one primary", `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, `"emails":[{"type":"work","value":"w@x"},{"primary":true,"type":"home","value":"h@x"}]`},
		{"replace chosen", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"new@x"}`, `"emails":[{"primary":true,"type":"work","value":"new@x"},` + home + `]`},
		{"replace chosen, whole", `{"op":"replace","path":"emails[value ew \"@x\" and primary eq true]","value":{"value":"new@x"}}`, `"emails":[{"primary":true,"type":"work","value":"new@x"},` + home + `]`},
		{"remove chosen", `{"op":"remove","path":"emails[type eq \"work\" or type eq \"home\"]"}`, `{"active":true,"name"`},
		{"remove a part of chosen", `{"op":"remove","path":"emails[type eq \"work\"].primary"}`, `"emails":[{"type":"work","value":"w@x"},` + home + `]`},
		{"of an extension", `{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Legal"}`, `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Legal","manager":{"value":"m1"}}`},
		{"the last of an extension", `{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"},{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}`, `"title":"Boss","userName":"anna"}`},
		{"Entra: False as text", `{"op":"Replace","path":"active","value":"False"}`, `"active":false`},
		{"Entra: a value in a list", `{"op":"Replace","path":"title","value":[{"$ref":null,"value":"Clerk"}]}`, `"title":"Clerk"`},
		{"Entra: add what is not there", `{"op":"Add","path":"emails[type eq \"other\"].value","value":"o@x"}`, `"emails":[` + work + `,` + home + `,{"type":"other","value":"o@x"}]`},
		{"Entra: replace what is not there", `{"op":"Replace","path":"emails[type eq \"other\"].value","value":"o@x"}`, `"emails":[` + work + `,` + home + `,{"type":"other","value":"o@x"}]`},
		{"Entra: add a role", `{"op":"Add","path":"roles[primary eq \"True\"].value","value":"Admin"}`, `"roles":[{"primary":true,"value":"Admin"}]`},
		{"Entra: paths as names", `{"op":"Add","value":{"name.givenName":"Ann","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"Legal"}}`, `"name":{"familyName":"Berg","givenName":"Ann"},"title":"Boss","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Legal"`},
		{"Entra: manager as an id", `{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"m2"}`, `"manager":{"value":"m2"}`},
		{"Okta: pathless", `{"op":"replace","value":{"id":"x","active":false,"schemas":["y"]}}`, `{"active":false,"emails"`},
		{"Okta: extension as an object", `{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Legal"}}}`, `"department":"Legal"`},
		{"null empties", `{"op":"replace","path":"title","value":null}`, `"name":{"familyName":"Berg","givenName":"Anna"},"urn:`},
		{"remove with a value", `{"op":"remove","path":"emails","value":[{"value":"h@x"}]}`, `"emails":[` + work + `]`},
		{"other names' case", `{"OP":"REPLACE","PATH":"NAME.GIVENNAME","VALUE":"Ann"}`, `"name":{"familyName":"Berg","givenName":"Ann"}`},
		{"RFC: nothing chosen", `{"op":"replace","path":"emails[type eq \"other\"]","value":{"value":"o@x"}}`, "!noTarget"},
		{"a part of no value", `{"op":"replace","path":"phoneNumbers.value","value":"1"}`, "!noTarget"},
		{"add what no equality makes", `{"op":"add","path":"emails[value co \"other\"].value","value":"o@x"}`, "!noTarget"},
		{"groups are read only", `{"op":"add","path":"groups","value":[{"value":"x"}]}`, "!mutability"},
		{"a filter of one value", `{"op":"replace","path":"title[value eq \"x\"]","value":"x"}`, "!invalidPath"},
		{"no such sub-attribute", `{"op":"replace","path":"name.shoe","value":"x"}`, "!invalidPath"},
		{"two dots", `{"op":"replace","path":"name.givenName.x","value":"x"}`, "!invalidPath"},
		{"add nothing", `{"op":"add","path":"title"}`, "!invalidValue"},
		{"a list for one", `{"op":"replace","path":"title","value":["a","b"]}`, "!invalidValue"},
		{"no operations", ``, "!invalidSyntax"},
	} {
		in, err := decode([]byte(start))
		if err != nil {
			t.Fatal(err)
		}
		ops, err := users.operations([]byte(`{"Operations":[` + c.ops + `]}`))
		for i := range ops {
			if err == nil {
				err = ops[i].apply(in)
			}
		}
		got, _ := json.Marshal(in)
		var e *Error
		if errors.As(err, &e) {
			got = []byte("!" + e.Type)
		} else if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if !strings.Contains(string(got), c.want) {
			t.Errorf("%s:\n%s, want\n%s (%v)", c.name, got, c.want, err)
		}
	}
}

// TestLargeBefore: whoever was stored before resources were bounded can be disabled, and changed as long as it does not
// grow.
func TestLargeBefore(t *testing.T) {
	t.Parallel()
	was := func(active string) directory.User {
		return directory.User{ID: "1", Active: true, Resource: []byte(`{` + active + `"title":"` + strings.Repeat("x", maxResource) + `","userName":"anna"}`)}
	}
	for _, c := range []struct {
		name, active, op string
		ok               bool
	}{
		{"disabled", `"active":true,`, `{"op":"replace","path":"active","value":false}`, true},
		{"disabled, and was not said to be active", ``, `{"op":"replace","path":"active","value":false}`, true},
		{"disabled by who writes more", `"active":true,`, `{"op":"replace","path":"active","value":false},{"op":"replace","path":"nickName","value":"A"}`, true},
		{"smaller", `"active":true,`, `{"op":"replace","path":"title","value":"Boss"}`, true},
		{"larger", `"active":true,`, `{"op":"replace","path":"nickName","value":"A"}`, false},
	} {
		u := was(c.active)
		r, err := decode(u.Resource)
		if err != nil {
			t.Fatal(err)
		}
		ops, err := users.operations([]byte(`{"Operations":[` + c.op + `]}`))
		if err == nil {
			err = applyAll(ops, r)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := toUser(u, r)
		if (err == nil) != c.ok || c.ok && strings.Contains(c.op, "active") && got.Active {
			t.Errorf("%s: active %v, %v", c.name, got.Active, err)
		}
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	in, err := decode([]byte(start))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`userName eq "ANNA"`: true, `userName Eq "bo"`: false, `username ne "bo"`: true, `nickName ne "x"`: true, `nickName pr`: false, `title pr`: true, `nickName eq null`: true, `title eq null`: false,
		`name.familyName sw "be"`: true, `name.familyName ew "RG"`: true, `name.familyName co "x"`: false, `emails pr`: true, `emails eq "h@x"`: true, `emails.value co "@"`: true,
		`emails[type eq "home" and primary eq true]`: false, `emails[type eq "work" and primary eq true]`: true, `emails.type eq "home" and emails.primary eq true`: true, `emails[not (type eq "work")]`: true,
		`active eq true`: true, `active eq "True"`: true, `active eq False`: false, `active ne false`: true,
		`title eq "x" or title eq "boss" and userName eq "anna"`: true, `(title eq "x" or title eq "boss") and userName eq "bo"`: false, `title eq "boss" or (title eq "x" and userName eq "bo")`: true,
		`not (title eq "boss") or not(title eq "x")`: true, `title gt "Ab"`: true, `title lt "Ab"`: false, `title ge "boss"`: true, `title le "boss"`: true, `active pr and (title pr and (userName pr))`: true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sales"`: true, `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "anna"`: true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "m1"`: true, `title eq "b\u006fss"`: true, `title eq "a\"b"`: false, `  title   pr  `: true,
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := f.Match(in); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, text := range []string{
		"", " ", "title", "title eq", `title eq "x`, `title is "x"`, `title eq x`, `title eq {}`, `title eq []`, `title eq "x" and`, `and title pr`, `(title pr`, `title pr)`, `emails[type eq "x"`, `emails[]`,
		`emails.value[type pr]`, `1x pr`, `a..b pr`, `a.b.c pr`, `a. pr`, `urn:: pr`, `not title pr`, `title co 1`, `title gt true`, `title pr title pr`, `title eq "x" "y"`, `title eq nul`,
		strings.Repeat("(", 30) + "a pr" + strings.Repeat(")", 30), strings.Repeat("a pr and ", 120) + "a pr", strings.Repeat("x", maxFilter+1), "title eq \"x\"\x00", "emails[emails[a pr] pr",
	} {
		var e *Error
		if _, err := ParseFilter(text); !errors.As(err, &e) || e.Type != "invalidFilter" || e.Status != 400 {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzFilter reads anything, and asks a user about what was read.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{`userName eq "x"`, `emails[type eq "work" and not (value co "@")].x`, `urn:a:b:c.d gt 1e3`, `not (a pr) or b ne null`, `((a pr))`} {
		f.Add(text)
	}
	in, err := decode([]byte(start))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		if p, err := ParseFilter(text); err == nil {
			p.Match(in)
			_ = users.known(p, nil)
		}
	})
}

// FuzzPatch applies anything to a user, and what comes of it can be stored and read again.
func FuzzPatch(f *testing.F) {
	for _, ops := range []string{`{"op":"add","path":"emails[type eq \"x\"].value","value":"y"}`, `{"op":"remove","path":"emails","value":[{"value":"h@x"}]}`, `{"op":"replace","value":{"name.givenName":"x","active":"False"}}`} {
		f.Add(`{"Operations":[` + ops + `]}`)
	}
	f.Fuzz(func(t *testing.T, body string) {
		in, err := decode([]byte(start))
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []*resource{users, groups} {
			ops, err := kind.operations([]byte(body))
			for i := range ops {
				if err == nil {
					err = ops[i].apply(in)
				}
			}
			text, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			back, err := decode(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := users.normal(back); err != nil && len(text) < maxText && !strings.Contains(err.Error(), "primary") {
				t.Errorf("%s does not read again: %v", text, err)
			}
		}
	})
}

// FuzzResource reads anything as a user and as a group, and what comes of it reads as the same again.
func FuzzResource(f *testing.F) {
	f.Add(start)
	f.Add(`{"displayName":"Staff","members":[{"value":"u1","type":"User"},"u2"],"externalId":1}`)
	f.Add(`{"userName":["x"],"emails":{"value":"x","primary":"True"},"roles":"Approver","name.givenName":"x"}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, kind := range []*resource{users, groups} {
			in, err := decode([]byte(body))
			if err != nil {
				return
			}
			once, err := kind.normal(in)
			if err != nil {
				var e *Error
				if !errors.As(err, &e) || e.Status != 400 {
					t.Errorf("%q: %v", body, err)
				}
				continue
			}
			twice, err := kind.normal(once)
			a, _ := json.Marshal(once)
			b, _ := json.Marshal(twice)
			if err != nil || string(a) != string(b) {
				t.Errorf("%s is read again as %s, %v", a, b, err)
			}
			_, _ = toUser(directory.User{}, once)
			_, _ = toGroup(directory.Group{}, once)
		}
	})
}
