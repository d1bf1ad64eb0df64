package accept

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 section 4.2.2 names it
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
)

// echo speaks as much of RFC 6455 as measuring needs: it accepts, and sends every byte back as it came.
func echo(w http.ResponseWriter, r *http.Request) {
	hijacker, ok := w.(http.Hijacker)
	if !ok || r.Header.Get("Sec-WebSocket-Key") == "" {
		http.Error(w, "this is for WebSockets", http.StatusUpgradeRequired)
		return
	}
	conn, rw, err := hijacker.Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))                                                                             //nolint:gosec // as above
	fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:])) //nolint:errcheck // Flush reports it
	if rw.Flush() != nil {
		return
	}
	in := bufio.NewReaderSize(rw, 512)
	io.Copy(conn, in) //nolint:errcheck // until one side goes
}
