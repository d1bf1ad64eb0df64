package gateway

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/page"
)

// tunnel joins client and app for a WebSocket. Frames are looked at where a policy may have to do with files (socket.go), and
// begin to be when one comes to: the socket ends then, and the page opens it anew. They don't count as use of the session:
// pages send them while nobody is there. It ends when either side does, and at once when the session does.
func (h *hop) tunnel(out *http.Request, res *http.Response) {
	if !h.socket || !strings.EqualFold(first(res.Header, "Upgrade"), "websocket") || h.entry == nil {
		h.fail(http.StatusBadGateway, page.AppDown) // fail closed: an app that switches to what nobody asked for
		return
	}
	app, ok := res.Body.(io.ReadWriteCloser)
	if !ok {
		h.fail(http.StatusBadGateway, page.AppDown)
		return
	}
	if err := h.jar(&answer{out: out, res: res}); err != nil {
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed
		return
	}
	if h.inside && len(res.Header["Sec-Websocket-Extensions"]) > 0 {
		h.fail(http.StatusBadGateway, page.AppDown) // fail closed: it was not offered any (RFC 6455 section 9.1)
		return
	}
	client, rw, err := http.NewResponseController(h.w).Hijack()
	if err != nil {
		h.g.log.Error("connection not taken over", "err", err)
		h.fail(http.StatusInternalServerError, page.AppDown)
		return
	}
	defer client.Close()
	_ = client.SetDeadline(time.Time{}) // a WebSocket may be quiet for long; its session bounds it
	if err := h.switching(rw, res); err != nil {
		return
	}
	cut := h.guard(func() {
		client.Close()
		app.Close()
	})
	defer cut()
	if h.inside {
		h.lookInto(client, rw.Reader, app)
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		relay(app, rw.Reader, h.reinspected())
		app.Close() // wakes the other direction
	}()
	relay(client, app, h.reinspected())
	client.Close()
	<-done
}

// switching writes the 101 answer.
func (h *hop) switching(rw *bufio.ReadWriter, res *http.Response) error {
	hd := make(http.Header)
	in := header.Incoming{}
	accept, protocol, extensions := res.Header["Sec-Websocket-Accept"], res.Header["Sec-Websocket-Protocol"], res.Header["Sec-Websocket-Extensions"]
	h.m.Response(hd, res.Header, &in)
	delete(hd, "Cache-Control")
	hd["Upgrade"], hd["Connection"] = []string{"websocket"}, []string{"Upgrade"}
	for k, v := range map[string][]string{"Sec-Websocket-Accept": accept, "Sec-Websocket-Protocol": protocol, "Sec-Websocket-Extensions": extensions} {
		if len(v) > 0 {
			hd[k] = v
		}
	}
	for _, line := range h.fresh {
		hd.Add("Set-Cookie", line)
	}
	h.fresh = nil
	if _, err := rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n"); err != nil {
		return err
	}
	if err := hd.Write(rw); err != nil {
		return err
	}
	if _, err := rw.WriteString("\r\n"); err != nil {
		return err
	}
	return rw.Flush()
}

// relay copies until either side ends, or good says that it may not go on. Errors are how connections end; there is nobody to
// tell.
func relay(dst io.Writer, src io.Reader, good func() bool) {
	buf := make([]byte, streamSize) // many sockets are open, few say much
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if !good() {
				return
			}
			if _, werr := dst.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
