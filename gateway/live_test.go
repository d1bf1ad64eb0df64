package gateway_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// end revokes a person's session as another process would: the store knows, and a broadcast is applied.
func (p *person) end(broadcast bool) {
	p.r.t.Helper()
	rev, err := p.r.mem.Revoke(p.r.t.Context(), session.Revocation{Tenant: p.tenant, Session: p.session.ID, At: p.r.now()})
	if err == nil && broadcast {
		err = p.r.revoke.Apply(p.r.t.Context(), rev)
	}
	if err != nil {
		p.r.t.Fatal(err)
	}
}

func sockets(t *testing.T) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o := r.Header.Get("Origin"); o != "https://files.app.test" {
			t.Errorf("the app saw origin %q", o)
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{"files.app.test"}, Subprotocols: []string{"chat"}})
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		defer c.CloseNow()
		for {
			kind, data, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if err := c.Write(r.Context(), kind, append([]byte("echo "), data...)); err != nil {
				return
			}
		}
	})
}

func (p *person) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	front := "https://" + p.mapped("files.app.test")
	c, res, err := websocket.Dial(t.Context(), "wss://"+p.mapped("files.app.test")+"/live", &websocket.DialOptions{
		HTTPClient: p.h1, Subprotocols: []string{"chat"},
		HTTPHeader: http.Header{"Origin": {front}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"websocket"}, "User-Agent": {agent}}, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		t.Fatalf("%v %v", err, res)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

func TestWebSocketIsCutByRevocation(t *testing.T) {
	t.Parallel()
	for name, broadcast := range map[string]bool{"broadcast": true, "broadcast lost": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{app: sockets(t)})
			p, other := r.signIn("contoso", "anna", session.ControlCustom), r.signIn("contoso", "bert", session.ControlCustom)
			p.cookie("files.app.test")
			other.cookie("files.app.test")
			c, spared := p.dial(t), other.dial(t)
			if c.Subprotocol() != "chat" {
				t.Errorf("protocol %q", c.Subprotocol())
			}
			ask := func(c *websocket.Conn) error {
				if err := c.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat("hello", 1000))); err != nil {
					return err
				}
				_, data, err := c.Read(t.Context())
				if err == nil && !strings.HasPrefix(string(data), "echo hello") {
					err = errors.New("wrong echo")
				}
				return err
			}
			if err := ask(c); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			p.end(broadcast)
			if _, _, err := c.Read(t.Context()); err == nil {
				t.Error("the socket lives on")
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("cut after %v", took)
			}
			if err := ask(spared); err != nil {
				t.Errorf("somebody else's socket: %v", err)
			}
			if _, _, err := websocket.Dial(t.Context(), "wss://"+p.mapped("files.app.test")+"/live", &websocket.DialOptions{HTTPClient: p.h1}); err == nil {
				t.Error("a revoked session opens a socket")
			}
		})
	}
}

func TestEventsStreamAndAreCut(t *testing.T) {
	t.Parallel()
	next := make(chan string)
	left := make(chan struct{})
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		for {
			select {
			case s := <-next:
				io.WriteString(w, "data: "+s+"\n\n")
				w.(http.Flusher).Flush()
			case <-q.Context().Done():
				close(left)
				return
			}
		}
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	res, err := p.client.Do(fetched("GET", "https://"+p.mapped("files.app.test")+"/events", ""))
	if err != nil { // the head comes before the first event
		t.Fatal(err)
	}
	defer res.Body.Close()
	in := bufio.NewReader(res.Body)
	for _, s := range []string{"one", "two"} {
		next <- s
		line, err := in.ReadString('\n')
		in.ReadString('\n')
		if err != nil || line != "data: "+s+"\n" {
			t.Fatalf("%q %v", line, err)
		}
	}
	if got := r.g.Counts().Open; got != 1 {
		t.Errorf("%d open", got)
	}
	start := time.Now()
	p.end(true)
	if _, err := in.ReadString('\n'); err == nil {
		t.Error("the stream lives on")
	}
	<-left
	if took := time.Since(start); took > time.Second {
		t.Errorf("cut after %v", took)
	}
	eventually(t, "nothing open", func() bool { return r.g.Counts().Open == 0 })
}

func TestTransferIsCutByRevocation(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == "PUT" {
			io.Copy(io.Discard, q.Body)
			return
		}
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Length", strconv.Itoa(1<<30))
		chunk := pdf(1 << 16)
		for range 1 << 14 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})})
	for _, h2 := range []bool{true, false} {
		p := r.signIn("contoso", "anna", session.ControlCustom)
		p.cookie("files.app.test")
		c := p.h1
		if h2 {
			c = p.client
		}
		u := "https://" + p.mapped("files.app.test")
		down, err := c.Do(navigation(u + "/big.pdf"))
		if err != nil {
			t.Fatal(err)
		}
		io.CopyN(io.Discard, down.Body, 1<<20) // and reads no further
		pr, pw := io.Pipe()
		up := fetched("PUT", u+"/up.pdf", "", "Content-Type", "application/pdf")
		up.Body, up.ContentLength = pr, -1
		ended := make(chan error, 1)
		go func() {
			res, err := p.h1.Do(up)
			if err == nil {
				res.Body.Close()
				err = errors.New(res.Status)
			}
			ended <- err
		}()
		pw.Write(pdf(1 << 20))
		eventually(t, "both under way", func() bool {
			return r.g.Counts().Open >= 2 && len(r.rec.of(model.ActivityUpload, model.StageIntent)) > 0
		})
		start := time.Now()
		p.end(true)
		if _, err := io.Copy(io.Discard, io.LimitReader(down.Body, 1<<29)); err == nil {
			t.Error("the download goes on")
		}
		down.Body.Close()
		if err := <-ended; err == nil || strings.HasPrefix(err.Error(), "2") {
			t.Errorf("the upload: %v", err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("cut after %v", took)
		}
		pw.Close()
	}
	eventually(t, "outcomes", func() bool {
		return len(r.rec.of(model.ActivityUpload, model.StageOutcome)) == 2 && len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == 2
	})
	for _, a := range append(r.rec.of(model.ActivityUpload, model.StageOutcome), r.rec.of(model.ActivityDownload, model.StageOutcome)...) {
		if a.Outcome == model.OutcomeComplete {
			t.Errorf("claims complete: %+v", a)
		}
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test") + "/"
	if res, _ := do(t, p.client, fetched("GET", u, "")); res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	r.skew.Store(int64(61 * time.Minute))
	if res, _ := do(t, p.client, fetched("GET", u, "")); res.StatusCode != 401 {
		t.Errorf("after its end: %s", res.Status)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: sockets(t)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	p.cookie("api.app.test")
	u := "https://" + p.mapped("files.app.test")
	for name, q := range map[string]*http.Request{
		"another app": fetched("POST", u+"/.referee/signout", "", "Sec-Fetch-Site", "same-site", "Origin", "https://"+p.mapped("evil.other.test")),
		"a stranger":  fetched("POST", u+"/.referee/signout", "", "Sec-Fetch-Site", "cross-site"),
	} {
		if res, _ := do(t, p.client, q); res.StatusCode != 403 {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	c := p.dial(t)
	res, body := do(t, p.client, fetched("POST", u+"/.referee/signout", ""))
	if res.StatusCode != 200 || !strings.Contains(body, "signed out") || res.Header.Get("Clear-Site-Data") == "" {
		t.Errorf("%s %s", res.Status, body)
	}
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("the socket lives on")
	}
	for _, real := range []string{"files.app.test", "api.app.test"} {
		if res, _ := do(t, p.client, fetched("GET", "https://"+p.mapped(real)+"/", "")); res.StatusCode != 401 {
			t.Errorf("%s: %s", real, res.Status)
		}
	}
	if got := r.rec.of(model.ActivityLogout, ""); len(got) != 1 {
		t.Errorf("recorded %v", got)
	}
}

func TestLongPollOfARevokedSessionGetsNothing(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		<-release
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `["late news"]`)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	done := make(chan string, 1)
	go func() {
		res, err := p.client.Do(fetched("GET", "https://"+p.mapped("files.app.test")+"/poll", ""))
		if err != nil {
			done <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		done <- res.Status + " " + string(b)
	}()
	eventually(t, "the app is asked", func() bool { return r.requests.Load() == 1 })
	p.end(true)
	close(release)
	if got := <-done; !strings.HasPrefix(got, "401") || strings.Contains(got, "news") {
		t.Errorf("%s", got)
	}
}
