package gateway_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// chat is an app that sends files over its socket when it is asked to, takes what it gets, and says what it was.
func chat(t *testing.T, files map[string][]byte, took func(kind websocket.MessageType, b []byte, extensions string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		extensions := r.Header.Get("Sec-Websocket-Extensions")
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{"files.app.test"}, CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 22)
		for {
			kind, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if took != nil {
				took(kind, b, extensions)
			}
			if file, ok := files[string(b)]; ok && kind == websocket.MessageText {
				kind, b = websocket.MessageBinary, file
			}
			if err := c.Write(r.Context(), kind, b); err != nil {
				return
			}
		}
	})
}

const blockAllUploads = `
kind: SessionPolicy
id: noup
name: No uploads
control: controlFileUpload
activities: {app: {eq: onedrive}}
action: block
`

// say sends a message and reads the answer.
func say(t *testing.T, c *websocket.Conn, kind websocket.MessageType, b []byte) ([]byte, error) {
	t.Helper()
	if err := c.Write(t.Context(), kind, b); err != nil {
		return nil, err
	}
	_, got, err := c.Read(t.Context())
	return got, err
}

func TestFilesOverAWebSocket(t *testing.T) {
	t.Parallel()
	long := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte(canary), 20_000)...)
	files := map[string][]byte{"pdf": long, "small": []byte("PK\x03\x04" + canary), "png": []byte("\x89PNG\r\n\x1a\n" + canary), "data": bytes.Repeat([]byte{1, 2, 3, 4}, 5000)}
	for name, c := range map[string]struct {
		policies   string
		down, up   bool // files pass
		recorded   bool
		compressed bool
	}{
		"no policy": {"", true, true, false, true},
		"strict":    {blockStrict, false, true, true, false},
		"standard":  {strings.Replace(blockStrict, "level: strict", "level: standard", 1), true, true, false, true}, // what a script reads is not its business
		"uploads":   {blockAllUploads, true, false, true, false},
		"monitored": {strings.Replace(blockStrict, "action: block", "action: audit", 1), true, true, true, false},
		"protected": {protectPolicy("Team", "block"), false, true, true, false}, // a message can't be labelled
		"by choice": {protectPolicy("Team", "allow"), true, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][]byte
			extensions := ""
			r := newRig(t, rigOptions{app: chat(t, files, func(_ websocket.MessageType, b []byte, e string) { got, extensions = append(got, b), e }), policies: c.policies})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			ws := p.dial(t)
			ws.SetReadLimit(1 << 22)
			for _, text := range []string{"hello", strings.Repeat("long ", 10_000), ""} {
				if b, err := say(t, ws, websocket.MessageText, []byte(text)); err != nil || string(b) != text {
					t.Fatalf("%d bytes of text: %d, %v", len(text), len(b), err)
				}
			}
			if b, err := say(t, ws, websocket.MessageText, []byte("data")); err != nil || !bytes.Equal(b, files["data"]) {
				t.Fatalf("data of the app's own: %d bytes, %v", len(b), err)
			}
			if (extensions != "") != c.compressed {
				t.Errorf("the app was offered %q", extensions)
			}
			for _, file := range []string{"pdf", "small", "png"} {
				b, err := say(t, ws, websocket.MessageText, []byte(file))
				if c.down {
					if err != nil || !bytes.Equal(b, files[file]) {
						t.Fatalf("%s: %d bytes, %v", file, len(b), err)
					}
					continue
				}
				var closed websocket.CloseError
				if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation || !strings.Contains(closed.Reason, "reference REF") || len(b) != 0 {
					t.Errorf("%s: %d bytes, %v", file, len(b), err)
				}
				ws = p.dial(t)
				ws.SetReadLimit(1 << 22)
			}
			before := len(got)
			b, err := say(t, ws, websocket.MessageBinary, long)
			if c.up {
				if err != nil || !bytes.Equal(b, long) && c.down {
					var closed websocket.CloseError
					if c.down || !errors.As(err, &closed) { // the echo is a download
						t.Errorf("upload: %d bytes, %v", len(b), err)
					}
				}
				if len(got) != before+1 || !bytes.Equal(got[before], long) {
					t.Errorf("the app took %d messages", len(got)-before)
				}
			} else if err == nil || len(got) != before {
				t.Errorf("upload: %d bytes came back, the app took %d messages", len(b), len(got)-before)
			}
			blocked := func(kind model.ActivityType) (n int) {
				for _, a := range r.rec.of(kind, "") {
					if a.Outcome == model.OutcomeBlocked && len(a.Files) == 1 {
						n++
					}
				}
				return n
			}
			if n := blocked(model.ActivityDownload); (n >= 3) != !c.down {
				t.Errorf("%d blocked downloads on record", n)
			}
			if n := blocked(model.ActivityUpload); (n == 1) != !c.up {
				t.Errorf("%d blocked uploads on record", n)
			}
			if n := len(r.rec.of(model.ActivityDownload, model.StageIntent)); (n >= 3) != (c.down && c.recorded) {
				t.Errorf("%d downloads on record", n)
			}
			if c.down && c.recorded {
				eventually(t, "outcomes", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) >= 3 })
				for _, a := range r.rec.of(model.ActivityDownload, model.StageOutcome) {
					if a.Outcome != model.OutcomeComplete || a.BytesDown == 0 {
						t.Errorf("%+v", a)
					}
				}
			}
		})
	}
}

// A socket that was opened before there was a policy passes no file of it.
func TestOpenSocketMeetsANewPolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: chat(t, map[string][]byte{"pdf": []byte("%PDF-1.7\n" + canary)}, nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	ws := p.dial(t)
	if b, err := say(t, ws, websocket.MessageText, []byte("pdf")); err != nil || !bytes.Contains(b, []byte(canary)) {
		t.Fatalf("before: %q, %v", b, err)
	}
	r.setPolicies(strings.Replace(blockStrict, "onedrive", "salesforce", 1)) // not about this app
	if b, err := say(t, ws, websocket.MessageText, []byte("hello")); err != nil || string(b) != "hello" {
		t.Errorf("another app's policy: %q, %v", b, err)
	}
	r.setPolicies(blockStrict)
	if b, err := say(t, ws, websocket.MessageText, []byte("pdf")); err == nil {
		t.Errorf("after: %q", b)
	}
	ws = p.dial(t)
	if b, err := say(t, ws, websocket.MessageText, []byte("pdf")); err == nil {
		t.Errorf("opened anew: %q", b)
	}
}

const strictUnmanaged = `
kind: SessionPolicy
id: nofiles
name: No downloads on unmanaged devices
control: controlFileDownload
activities: {app: {eq: onedrive}, device.tags: {eq: unmanaged}}
action: block
level: strict
`

// A socket that a managed device opened passes files as long as the device is managed.
func TestOpenSocketMeetsTheEndOfAProof(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, r *rig, p *person){
		"its lease ends": func(_ *testing.T, r *rig, _ *person) { r.skew.Add(int64(11 * time.Minute)) },
		"it is taken back": func(t *testing.T, r *rig, p *person) {
			r.change(t, p, func(s *session.Session) {
				s.Proofs = []model.Proof{{Tag: model.TagUnmanaged, Kind: "claim", At: r.now(), Expires: r.now().Add(time.Hour)}}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{app: chat(t, map[string][]byte{"pdf": []byte("%PDF-1.7\n" + canary)}, nil), policies: strictUnmanaged})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			r.change(t, p, func(s *session.Session) {
				s.Proofs = []model.Proof{{Tag: model.TagManaged, Kind: "claim", At: r.now(), Expires: r.now().Add(10 * time.Minute)}}
			})
			ws := p.dial(t)
			for range 3 {
				if b, err := say(t, ws, websocket.MessageText, []byte("pdf")); err != nil || !bytes.Contains(b, []byte(canary)) {
					t.Fatalf("managed: %q, %v", b, err)
				}
			}
			end(t, r, p)
			if b, err := say(t, ws, websocket.MessageText, []byte("pdf")); err == nil {
				t.Errorf("not managed any more: %q", b)
			}
			ws = p.dial(t)
			if b, err := say(t, ws, websocket.MessageText, []byte("pdf")); err == nil {
				t.Errorf("opened anew: %q", b)
			}
			if b, err := say(t, p.dial(t), websocket.MessageText, []byte("hello")); err != nil || string(b) != "hello" {
				t.Errorf("text: %q, %v", b, err)
			}
		})
	}
}
