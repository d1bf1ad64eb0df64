package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

type why struct {
	Reference     string
	Then, Now     *struct{ Gate, By string }
	Changes, Next []string
	Text          string
}

func TestNamesInCommands(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{}, 200, nil)
	f.Clock.Advance(time.Minute)
	for _, name := range []string{"dora;reboot", "$(reboot)", "a b", "--reason=x", "dora`x`", "d'x"} {
		a := f.Download(t, "contoso", name)
		var w why
		f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+a.Reference, nil, 200, &w)
		if w.Then.Gate != "block" || strings.Contains(w.Text, "referee exception add") {
			t.Errorf("%q:\n%s", name, w.Text)
		}
	}
}

func TestWhy(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/flip", map[string]any{}, 200, nil)
	f.Clock.Advance(time.Minute)
	a := f.Download(t, "contoso", "dora")
	get := func() (w why) {
		f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+strings.ToLower(a.Reference[:4])+"-"+a.Reference[4:], nil, 200, &w)
		return w
	}
	w := get()
	if w.Then == nil || w.Then.Gate != "block" || w.Then.By != "block-downloads" || w.Now != nil || len(w.Changes) != 0 {
		t.Errorf("%+v", w)
	}
	for _, part := range []string{"Dora Director <dora@contoso.example>", `download "plan.docx"`, "203.0.113.9, DK", "Device tag is unmanaged", "Read it in the browser.", "it@contoso.example", "Request access", w.Reference} {
		if !strings.Contains(w.Text, part) {
			t.Errorf("the text lacks %q:\n%s", part, w.Text)
		}
	}
	if !strings.Contains(w.Text, "referee exception add --user dora@contoso.example --app onedrive --policy block-downloads") {
		t.Errorf("the text lacks the command:\n%s", w.Text)
	}
	for _, line := range strings.Split(w.Text, "\n") {
		if len(line) > 100 {
			t.Errorf("a line of %d: %s", len(line), line)
		}
	}
	if n := strings.Count(w.Text, "\n"); n > 24 {
		t.Errorf("%d lines don't fit a screen", n)
	}
	f.Clock.Advance(time.Hour)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/block-downloads/back", map[string]any{}, 200, nil)
	if w = get(); w.Then.Gate != "block" || w.Now == nil || w.Now.Gate != "allow" || len(w.Changes) != 1 {
		t.Errorf("after going back: %+v", w)
	}
	f.Want(t, "contoso/operator", "DELETE", contoso+"/policies/block-downloads", nil, 204, nil)
	if w = get(); w.Then.Gate != "block" || w.Now.Gate != "allow" || !strings.Contains(w.Text, "was deleted on 2026-11-23 10:01 UTC by contoso operator") {
		t.Errorf("after the deletion: %+v", w)
	}
	admin := last(f, "contoso")
	var of why
	f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+string(admin.ID), nil, 200, &of)
	if of.Then != nil || !strings.Contains(of.Text, "policyChange") {
		t.Errorf("of a change: %+v", of)
	}
	f.Want(t, "fabrikam/analyst", "GET", "/api/v2/tenants/fabrikam/why/"+a.Reference, nil, 404, nil)
	f.Want(t, "contoso/analyst", "GET", contoso+"/why/"+url.PathEscape("0000-0000"), nil, 404, nil)
}
