package accept

import (
	"net/http"

	"github.com/coder/websocket"
)

// echo sends every message back.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // the origin is the gateway's business
	if err != nil {
		return // it has answered
	}
	defer c.CloseNow() //nolint:errcheck // it is over
	for {
		kind, message, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, message) != nil {
			return // one side is gone
		}
	}
}
