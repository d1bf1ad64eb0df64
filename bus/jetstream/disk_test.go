package jetstream

import (
	"log/slog"
	"testing"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

// The server's own words, as it says them when the disk is full.
const writeError = "JetStream stream '$G > referee-activity' critical write error: write 5.blk: no space left on device"

func TestFailedWriteIsToldAtOnce(t *testing.T) {
	t.Parallel()
	b, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Healthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := &serverLog{slog.New(slog.DiscardHandler), b.disk}
	log.Errorf("%s", "something else")
	if err := b.Healthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	log.Errorf("%s", writeError)
	began := time.Now()
	err = b.Publish(t.Context(), bus.Message{Topic: bus.TopicActivity, Tenant: "contoso", Data: []byte("x")})
	if !fault.Is(err, fault.Unavailable) || !fault.Is(b.Healthy(t.Context()), fault.Unavailable) || time.Since(began) > publishTimeout/2 {
		t.Fatalf("%v after %v, want unavailable at once", err, time.Since(began))
	}
}
