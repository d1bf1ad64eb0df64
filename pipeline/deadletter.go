package pipeline

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// DeadLetter is a message that could not be made searchable, and why.
type DeadLetter struct {
	Tenant    model.TenantID `json:"tenant"`
	Partition int            `json:"partition"`
	Sequence  uint64         `json:"sequence"`
	Reason    string         `json:"reason"`
	At        time.Time      `json:"at"`
	Data      []byte         `json:"data"` // the message as it came
}

// DeadLetters keeps dead letters. When Put returns nil the letter is on disk. The same letter may come twice.
type DeadLetters interface {
	Put(ctx context.Context, letter DeadLetter) error
}

// Folder keeps dead letters as lines of JSON, a file a tenant and day: <dir>/<tenant>/2026-11-23.jsonl.
type Folder struct {
	Dir string
	mu  sync.Mutex
}

var _ DeadLetters = (*Folder)(nil)

// unknownTenant is the directory of letters whose tenant is no tenant's name.
const unknownTenant = "_"

// Put implements [DeadLetters].
func (f *Folder) Put(_ context.Context, letter DeadLetter) error {
	const op = "pipeline.DeadLetter"
	line, err := json.Marshal(letter)
	if err != nil {
		return fault.As(err, fault.Internal, op, string(letter.Tenant))
	}
	dir := filepath.Join(f.Dir, unknownTenant)
	if letter.Tenant.Validate() == nil {
		dir = filepath.Join(f.Dir, string(letter.Tenant))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.As(err, fault.Unavailable, op, dir)
	}
	path := filepath.Join(dir, letter.At.Format(time.DateOnly)+".jsonl")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.As(err, fault.Unavailable, op, path)
	}
	_, err = file.Write(append(line, '\n'))
	if err == nil {
		err = file.Sync()
	}
	return fault.As(errors.Join(err, file.Close()), fault.Unavailable, op, path)
}

// Replay publishes a tenant's dead letters that are activities now (their file works again, say), and returns how many
// it published and how many remain. A file whose letters were all published is removed; the log keeps every activity
// once, so a file that is replayed twice does no harm.
func (f *Folder) Replay(ctx context.Context, b bus.Bus, tenant model.TenantID) (published, remaining int, err error) {
	const op = "pipeline.Replay"
	if err := tenant.Validate(); err != nil {
		return 0, 0, fault.Wrap(err, op, "")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := filepath.Join(f.Dir, string(tenant))
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fault.As(err, fault.Unavailable, op, dir)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !strings.HasSuffix(path, ".jsonl") {
			continue
		}
		sent, left, err := replayFile(ctx, b, tenant, path)
		published, remaining = published+sent, remaining+left
		if err != nil {
			return published, remaining, fault.Wrap(err, op, path)
		}
		if left == 0 {
			if err := os.Remove(path); err != nil {
				return published, remaining, fault.As(err, fault.Unavailable, op, path)
			}
		}
	}
	return published, remaining, nil
}

// replayFile publishes the activities of one file.
func replayFile(ctx context.Context, b bus.Bus, tenant model.TenantID, path string) (sent, left int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, fault.As(err, fault.Unavailable, "pipeline.Replay", path)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 2*activitylog.MaxEncoded+64<<10) // base64 and the letter around it
	for lines.Scan() {
		var letter DeadLetter
		if err := json.Unmarshal(lines.Bytes(), &letter); err != nil {
			left++ // a line that a crash cut short
			continue
		}
		a, err := activitylog.Decode(letter.Data)
		if err != nil || a.Tenant != tenant {
			left++
			continue
		}
		m, err := activitylog.Message(&a)
		if err != nil {
			left++
			continue
		}
		// Its first message may be within the bus's duplicate window.
		m.ID = fmt.Sprintf("%s.again-%d", m.ID, letter.Sequence)
		if err := b.Publish(ctx, m); err != nil {
			return sent, left, err
		}
		sent++
	}
	return sent, left, fault.As(lines.Err(), fault.Unavailable, "pipeline.Replay", path)
}
