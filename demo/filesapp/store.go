package filesapp

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/demo/internal/shelf"
	"github.com/referee-casb/referee/fault"
)

// folder is a list of files. Folders are fixed; there are no folders in folders.
type folder struct {
	ID     string
	Name   string
	Note   string
	Groups []string // who may open it; empty means everybody who is signed in
	// Discard keeps name, size and hash of what is uploaded, and throws the bytes away: for uploads that
	// are larger than memory.
	Discard bool
}

// file is one version of a document. It never changes; a new version is a new value.
type file struct {
	ID       string
	Folder   string
	Name     string
	Type     string // media type
	Size     int64
	SHA256   string // hex
	Modified time.Time
	By       string
	Version  int
	data     []byte
	pages    []page // how a sample looks when it is read; nil for what people uploaded
	gone     bool   // the bytes were discarded
}

// store keeps everything in memory, within a budget of bytes.
type store struct {
	clock   func() time.Time
	folders []folder

	mu    sync.RWMutex
	files map[string]*file
	used  int64
	limit int64
	subs  map[chan struct{}]bool
}

func newStore(clock func() time.Time, limit int64, folders []folder) *store {
	return &store{clock: clock, folders: folders, files: map[string]*file{}, limit: limit, subs: map[chan struct{}]bool{}}
}

func (s *store) folder(id string) (folder, bool) {
	i := slices.IndexFunc(s.folders, func(f folder) bool { return f.ID == id })
	if i < 0 {
		return folder{}, false
	}
	return s.folders[i], true
}

func (s *store) file(id string) (*file, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, ok := s.files[id]
	return f, ok
}

// list returns the files of a folder by name.
func (s *store) list(folderID string) []*file {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*file
	for _, f := range s.files {
		if f.Folder == folderID {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *file) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out
}

// put stores f. A file of the same name in the folder becomes its next version and keeps its id. If over is
// not zero, it is refused unless it replaces exactly that version. The bytes of f must have been taken from
// the budget already (see intake).
func (s *store) put(f file, over int) (*file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.files {
		if old.Folder == f.Folder && old.Name == f.Name {
			f.ID, f.Version = old.ID, old.Version
		}
	}
	if over != 0 && over != f.Version {
		return nil, fault.New(fault.Conflict, "filesapp.put", "somebody saved this document in the meantime; load it again")
	}
	if old, ok := s.files[f.ID]; ok {
		s.used -= int64(len(old.data))
	}
	if f.ID == "" {
		f.ID = strings.ToLower(shelf.RandomID()[:12])
	}
	f.Version++
	f.Modified = s.clock()
	s.files[f.ID] = &f
	s.changed()
	return &f, nil
}

// remove deletes a file; one that is not there is no error.
func (s *store) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.files[id]; ok {
		s.used -= int64(len(f.data))
		delete(s.files, id)
		s.changed()
	}
}

// take reserves n bytes of the budget; a negative n gives them back.
func (s *store) take(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > 0 && s.used+n > s.limit {
		return fault.New(fault.Limited, "filesapp.take", "the demo keeps at most %d MiB", s.limit>>20)
	}
	s.used += n
	return nil
}

// watch returns a channel that gets a value after changes, and a function that ends the watching.
func (s *store) watch() (changes <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs[ch] = true
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs, ch)
	}
}

// changed wakes the watchers; one that has not looked yet is not woken twice.
func (s *store) changed() {
	for ch := range s.subs {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// cleanName makes a file name from what a client sent: the last path element, no control characters, at
// most 200 bytes. ok is false when nothing usable is left.
func cleanName(raw string) (name string, ok bool) {
	raw = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(raw, "\\", "/"), ""))
	name = strings.TrimSpace(path.Base("/" + raw))
	for len(name) > 200 {
		runes := []rune(name)
		name = string(runes[:len(runes)-1])
	}
	return name, name != "" && name != "." && name != "/" && name != ".."
}

// mediaTypes are those of the extensions that the application knows; the system's table would differ from
// machine to machine.
var mediaTypes = map[string]string{
	".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".pdf": "application/pdf",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".png":  "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".zip": "application/zip", ".json": "application/json", ".html": "text/html", ".svg": "image/svg+xml",
	".mp4": "video/mp4",
}

func mediaTypeOf(name string) string {
	if t, ok := mediaTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}

// editable reports whether the application's editor opens the file.
func (f *file) editable() bool {
	return (f.Type == "text/plain" || f.Type == "text/markdown") && len(f.data) <= 1<<20 && !f.gone
}
