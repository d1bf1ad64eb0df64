package accept

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// entry is what the client knows of one request. Each request is written when its first byte came and when it ended.
type entry struct {
	Nonce    string    `json:"nonce"`
	Kind     string    `json:"kind"` // download, pieces, upload, blocked
	At       time.Time `json:"at"`
	Size     int64     `json:"size"`     // of the file
	Bytes    int64     `json:"bytes"`    // of the file that arrived: at the client, for downloads
	Ended    bool      `json:"ended"`    // the exchange came to its end
	Accepted bool      `json:"accepted"` // an upload was answered with success
	Code     string    `json:"code,omitempty"`
}

// journal keeps entries in a file. An entry that was written is on disk: many writers share one fsync.
type journal struct {
	file *os.File
	in   chan written
	done chan struct{}
}

type written struct {
	e    entry
	done chan struct{}
}

func openJournal(t *testing.T, path string) *journal {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	j := &journal{file: f, in: make(chan written, 256), done: make(chan struct{})}
	go j.run(t)
	return j
}

func (j *journal) run(t *testing.T) {
	defer close(j.done)
	for w := range j.in {
		batch := []written{w}
		for more := true; more && len(batch) < 256; {
			select {
			case w, ok := <-j.in:
				if more = ok; ok {
					batch = append(batch, w)
				}
			default:
				more = false
			}
		}
		enc := json.NewEncoder(j.file)
		for _, w := range batch {
			if err := enc.Encode(w.e); err != nil {
				t.Errorf("journal: %v", err)
			}
		}
		if err := j.file.Sync(); err != nil {
			t.Errorf("journal: %v", err)
		}
		for _, w := range batch {
			close(w.done)
		}
	}
}

// write returns when the entry is on disk. A later entry of a nonce replaces the earlier one.
func (j *journal) write(e entry) {
	e.At = time.Now().UTC()
	w := written{e, make(chan struct{})}
	j.in <- w
	<-w.done
}

// read ends the journal and reads it back: the last entry of each nonce.
func (j *journal) read(t *testing.T) map[string]entry {
	t.Helper()
	close(j.in)
	<-j.done
	defer j.file.Close()
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	all := map[string]entry{}
	for lines := json.NewDecoder(j.file); ; {
		var e entry
		err := lines.Decode(&e)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all[e.Nonce] = e
	}
}
