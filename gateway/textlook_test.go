package gateway_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

const messagePolicies = `
kind: SessionPolicy
id: chat
name: No card numbers in messages
control: blockActivities
activities: {app: {eq: onedrive}, activity.type: {eq: [sendItem, paste]}}
inspection: {method: builtIn, types: [{type: pci, count: 1}, {type: credit-card-number, count: 1}]}
action: block
unscannable: block
deadline: 60s
message: "Not sent: it holds {{found}}."
`

func TestSentTextIsDecidedByWhatItSays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind, body string
		fields     []string
		unscanned  bool // blocked only because it can't be read
		status     int
	}{
		"json":           {"application/json", `{"text":"see you"}`, nil, false, 200},
		"json, card":     {"application/json", `{"text":"credit card 4111\u00201111 1111\u00201111"}`, nil, false, 403},
		"form":           {"application/x-www-form-urlencoded", "text=see+you", nil, false, 200},
		"form, card":     {"application/x-www-form-urlencoded", "text=" + url.QueryEscape("credit card 4111 1111 1111 1111"), nil, false, 403},
		"plain, card":    {"text/plain", "credit card 4111 1111 1111 1111", nil, false, 403},
		"in parts, card": {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\ncredit card 4111 1111 1111 1111\r\n--b--", nil, false, 403},
		"gzip, card":     {"application/json", gzipped(`{"text":"credit card 4111 1111 1111 1111"}`), []string{"Content-Encoding", "gzip"}, false, 403},
		"nothing":        {"application/json", "", nil, false, 200},
		"unreadable":     {"application/octet-stream", "\x00\x01\x80\xff\x00\x00\x00\x07", nil, true, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &sinkApp{}
			policies := messagePolicies
			if !tc.unscanned {
				policies = strings.Replace(policies, "unscannable: block", "unscannable: allow", 1)
			}
			r := newRig(t, rigOptions{
				app: app, policies: policies, inspector: realInspector(),
				profile: catalog.Profile{Activities: []catalog.Rule{{Method: "POST", Path: "/chat", Type: model.ActivitySendItem}}},
			})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			q := fetched("POST", "https://"+p.mapped("files.app.test")+"/chat", tc.body, append([]string{"Content-Type", tc.kind}, tc.fields...)...)
			res, body := do(t, p.client, q)
			if res.StatusCode != tc.status || (tc.status == 200) != (app.bytes() == tc.body) && tc.body != "" {
				t.Fatalf("%s %s, the app got %q", res.Status, body, app.bytes())
			}
			eventually(t, "all is let go", func() bool { all, _, _ := r.g.Spooled(); return all == 0 })
			if tc.status == 200 {
				return
			}
			want := "it holds Credit Card Number."
			if tc.unscanned {
				want = "it holds content that could not be checked."
			}
			if !strings.Contains(body, want) {
				t.Errorf("says %s", body)
			}
			blocked := r.rec.of(model.ActivitySendItem, "")
			if len(blocked) != 1 || blocked[0].Outcome != model.OutcomeBlocked {
				t.Fatalf("recorded %+v", blocked)
			}
			text, err := json.Marshal(blocked[0])
			if err != nil || strings.Contains(string(text), "4111") || !tc.unscanned && !strings.Contains(string(text), `"type":"credit-card-number"`) {
				t.Errorf("recorded %s %v", text, err)
			}
		})
	}
}

// A page of the blocked file names what was found, and the activity keeps types, counts and labels, never text.
func TestBlockedContentIsNamed(t *testing.T) {
	t.Parallel()
	files := map[string]string{"/cards.docx": docxOf(cardText, false), "/labelled.docx": docxOf(canary, true)}
	r := newRig(t, rigOptions{
		app: fileApp(files), inspector: realInspector(),
		policies: strings.ReplaceAll(contentPolicies, "action: block", "action: block\nmessage: \"It holds {{found}}.\""),
	})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	for path, want := range map[string]string{"/cards.docx": "It holds Credit Card Number.", "/labelled.docx": "It holds the label " + labelID + "."} {
		if res, body := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+path)); res.StatusCode != 403 || !strings.Contains(body, want) {
			t.Errorf("%s: %s, no %q in %s", path, res.Status, want, body)
		}
	}
	for _, a := range r.rec.of(model.ActivityDownload, "") {
		text, err := json.Marshal(a)
		if err != nil || strings.Contains(string(text), "4111") || strings.Contains(string(text), "CANARY") {
			t.Errorf("recorded %s %v", text, err)
		}
		if labelled := len(a.Files) == 1 && len(a.Files[0].Labels) == 1 && a.Files[0].Labels[0].ID == labelID; labelled != (a.Path == "/labelled.docx") {
			t.Errorf("%s: files %+v", a.Path, a.Files)
		}
	}
}
