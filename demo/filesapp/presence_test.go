package filesapp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func (br *browser) socket(file, from string) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return websocket.Dial(ctx, "wss://"+br.b.hosts.App+"/presence?file="+file, &websocket.DialOptions{HTTPClient: &http.Client{Transport: br.b.transport, Jar: br.Jar}, HTTPHeader: http.Header{"Origin": {from}}})
}

// viewers reads lists until one has n names.
func viewers(t *testing.T, c *websocket.Conn, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		_, raw, err := c.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var msg struct{ Viewers []string }
		if err := json.Unmarshal(raw, &msg); err != nil {
			t.Fatal(err)
		}
		if len(msg.Viewers) == n {
			return msg.Viewers
		}
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	director, contractor := b.signedIn("director"), b.signedIn("contractor")
	app := origin(b.hosts.App)
	one, _, err := director.socket("brief", app)
	if err != nil {
		t.Fatal(err)
	}
	defer one.CloseNow()
	viewers(t, one, 1)
	two, _, err := contractor.socket("brief", app)
	if err != nil {
		t.Fatal(err)
	}
	if names := viewers(t, one, 2); strings.Join(names, " ") != "Contractor Director" {
		t.Errorf("viewers %v", names)
	}
	if err := two.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	viewers(t, one, 1)
	for name, c := range map[string]struct {
		br         *browser
		file, from string
	}{
		"foreign page": {director, "brief", "https://evil.example"}, "not shared": {contractor, "memo", app}, "nobody": {b.browser(), "brief", app},
	} {
		if c, resp, err := c.br.socket(c.file, c.from); err == nil || resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
			t.Errorf("%s: the socket was opened", name)
			_ = c.CloseNow()
		}
	}
	// The end of the session cuts the socket.
	b.provider.SignOut(t.Context(), "director")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, _, err = one.Read(ctx)
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation {
		t.Errorf("after sign-out: %v", err)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("contractor")
	resp := br.do(http.MethodGet, origin(b.hosts.App)+"/events", nil, "Accept-Encoding", "br", "Accept", "text/event-stream")
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%v", resp.Header)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	wait := func(want string) {
		t.Helper()
		late := time.After(10 * time.Second)
		for {
			select {
			case line, ok := <-lines:
				if !ok {
					t.Fatalf("the stream ended before %q", want)
				}
				if line == want {
					return
				}
			case <-late:
				t.Fatalf("no %q", want)
			}
		}
	}
	wait("event: hello")
	br.json(br.api(http.MethodPut, "/v1/folders/inbox/files/a.txt", []byte("a")), http.StatusCreated, nil)
	wait("event: changed")
	br.post(origin(b.hosts.App)+"/signout", url.Values{formField: {br.form}})
	for range lines { // ends with the session
	}
}
