package apitest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/signin"
)

// Origin is where people sign in.
const Origin = "https://signin.example.com"

// broker is the real one with the parts that connections stand on. It reaches no provider and reads no file.
func (f *Fixture) broker(t testing.TB) *signin.Broker {
	t.Helper()
	b, err := signin.New(signin.Config{Origin: Origin}, signin.Parts{
		Keys: f.DB, Sealer: f.vault, Now: f.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Secrets: func(file string) (string, error) {
			return "", fault.New(fault.NotFound, "apitest", "there is no file %s", file)
		},
		HTTP: &http.Client{Timeout: time.Second, Transport: &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
			return nil, fault.New(fault.Unavailable, "apitest", "nobody is at %s", address)
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
