package jetstream_test

import (
	"log/slog"
	"os"
	"testing"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/bus/bustest"
	"github.com/referee-casb/referee/bus/jetstream"
)

func open(dir string, maxBytes int64) (bustest.Engine, error) {
	return jetstream.Open(background, jetstream.Options{Dir: dir, MaxBytes: maxBytes, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Consumers: map[bus.Topic][]string{bus.TopicActivity: {bustest.Consumer}}})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	bustest.Run(t, open)
}

func TestKilledProcess(t *testing.T) {
	t.Parallel()
	bustest.RunKill(t, open, "TestKilledProcessChild")
}

func TestKilledProcessChild(t *testing.T) {
	bustest.Child(open)
	t.Skip("runs only as the child of TestKilledProcess")
}
