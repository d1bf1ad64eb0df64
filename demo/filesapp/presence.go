package filesapp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/referee-casb/referee/fault"
)

// presence knows who has a document open. Each viewer hangs on a WebSocket and gets the list whenever it
// changes.
type presence struct {
	mu    sync.Mutex
	rooms map[string]map[*viewer]bool // by file id
}

type viewer struct {
	name string
	send chan []byte // one list waits at most; a newer one replaces it
}

const maxViewers = 500 // in one document

func newPresence() *presence { return &presence{rooms: map[string]map[*viewer]bool{}} }

func (p *presence) join(room string, v *viewer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rooms[room]) >= maxViewers {
		return fault.New(fault.Limited, "filesapp.join", "too many people have this document open")
	}
	if p.rooms[room] == nil {
		p.rooms[room] = map[*viewer]bool{}
	}
	p.rooms[room][v] = true
	p.tell(room)
	return nil
}

func (p *presence) leave(room string, v *viewer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.rooms[room], v)
	if len(p.rooms[room]) == 0 {
		delete(p.rooms, room)
	}
	p.tell(room)
}

// tell sends the list of names to everybody in the room. The lock is held.
func (p *presence) tell(room string) {
	names := []string{}
	for v := range p.rooms[room] {
		names = append(names, v.name)
	}
	sort.Strings(names)
	raw, _ := json.Marshal(map[string]any{"type": "viewers", "viewers": names}) // strings only
	for v := range p.rooms[room] {
		select {
		case <-v.send:
		default:
		}
		v.send <- raw // has room: only this function writes, under the lock
	}
}

// servePresence is the WebSocket. It ends with the session, with the browser, or when a ping stays without
// answer.
func (a *App) servePresence(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.URL.Query().Get("file"))
	if err != nil {
		return err
	}
	u, _ := url.Parse(origin(a.cfg.Hosts.App)) // checked in Validate
	if r.Header.Get("Origin") != u.String() {
		return fault.New(fault.Denied, "filesapp.servePresence", "only the application's own pages may ask this") // fail closed: a foreign page's socket
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return fault.New(fault.Invalid, "filesapp.servePresence", "this address is for WebSockets")
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{u.Host}, CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		a.cfg.Logger.Info("socket refused", "err", err)
		return nil // Accept has answered
	}
	defer func() { _ = c.CloseNow() }()
	me := &viewer{name: v.name, send: make(chan []byte, 1)}
	if err := a.presence.join(f.ID, me); err != nil {
		_ = c.Close(websocket.StatusTryAgainLater, said(err))
		return nil
	}
	defer a.presence.leave(f.ID, me)
	ctx := c.CloseRead(context.Background()) // nothing is expected from the page; done when it is gone
	beat := time.NewTicker(30 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-v.over.Done():
			_ = c.Close(websocket.StatusPolicyViolation, "signed out")
			return nil
		case list := <-me.send:
			err = write(ctx, c, list)
		case <-beat.C:
			err = ping(ctx, c)
		}
		if err != nil {
			return nil //nolint:nilerr // the other side is gone, which is how sockets end
		}
	}
}

func write(ctx context.Context, c *websocket.Conn, msg []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return c.Write(ctx, websocket.MessageText, msg)
}

func ping(ctx context.Context, c *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return c.Ping(ctx)
}

// serveEvents is a stream of server-sent events: "changed" whenever any document did. The page asks the API
// what it means for its folder.
func (a *App) serveEvents(w http.ResponseWriter, r *http.Request, v *visitor) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	changes, stop := a.store.watch()
	defer stop()
	if _, err := w.Write([]byte("retry: 3000\nevent: hello\ndata: {}\n\n")); err != nil {
		return nil //nolint:nilerr // the browser is gone
	}
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		if err := out.Flush(); err != nil {
			return nil //nolint:nilerr // as above
		}
		msg := ": still here\n\n"
		select {
		case <-r.Context().Done():
			return nil
		case <-v.over.Done():
			return nil
		case <-changes:
			msg = "event: changed\ndata: {\"at\":" + a.cfg.Clock().UTC().Format(`"2006-01-02T15:04:05Z"`) + "}\n\n"
		case <-beat.C:
		}
		if _, err := w.Write([]byte(msg)); err != nil {
			return nil //nolint:nilerr // as above
		}
	}
}
