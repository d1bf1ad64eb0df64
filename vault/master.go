package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// MasterFile is the name of the master key file that [OpenMaster] keeps in a data folder.
const MasterFile = "master.key"

const keySize = 32

// masterPrefix marks a line of the file as one key, so that a wrong file is told from a damaged one.
const masterPrefix = "referee-master-1:"

// Master holds the keys that wrap tenant keys: the first wraps, all unwrap. It never shows them.
type Master struct {
	keys []masterKey
}

type masterKey struct {
	id     string // first 8 bytes of the key's SHA-256, hex: names it without telling it
	secret [keySize]byte
}

// OpenMaster reads the master key file in dir. When there is none it makes one, with the folder if need be,
// readable by the owner only, and puts it on disk before it returns.
func OpenMaster(dir string) (*Master, error) {
	path := filepath.Join(dir, MasterFile)
	m, err := ReadMaster(path)
	if !fault.Is(err, fault.NotFound) {
		return m, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.As(err, fault.Unavailable, "vault.OpenMaster", dir)
	}
	var secret [keySize]byte
	rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
	if err := writeMaster(path, secret[:]); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fault.As(err, fault.Unavailable, "vault.OpenMaster", path)
	}
	return ReadMaster(path) // another process may have been first
}

// writeMaster writes a new file under another name and links it into place, so that no process ever reads half
// a key and the first of two wins.
func writeMaster(path string, secret []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), MasterFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	line := masterPrefix + base64.StdEncoding.EncodeToString(secret) + "\n"
	if _, err = tmp.WriteString(line); err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// ReadMaster reads a master key file: one key a line, the newest first, empty lines and lines that begin with #
// left out. It is NotFound when there is no file, and Invalid when others than its owner may read it or when a
// line is not a key.
func ReadMaster(path string) (*Master, error) {
	const op = "vault.ReadMaster"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.As(err, fault.NotFound, op, path)
	case err != nil:
		return nil, fault.As(err, fault.Unavailable, op, path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, &fault.Error{
			Kind: fault.Invalid, Op: op, Key: path,
			Msg: "the file can be read or written by others than its owner", Help: "chmod 600 " + path,
		}
	case info.Size() > 64<<10:
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: path, Msg: "the file is too large for a key file"}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, path)
	}
	m, err := parseMaster(data)
	return m, fault.Wrap(err, op, path)
}

func parseMaster(data []byte) (*Master, error) {
	m := &Master{}
	for n, line := range bytes.Split(data, []byte("\n")) {
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		encoded, ok := strings.CutPrefix(text, masterPrefix)
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(raw) != keySize {
			// The cause is left out: it could quote the key.
			return nil, &fault.Error{
				Kind: fault.Invalid, Op: "vault.parse", Msg: fmt.Sprintf("line %d is not a master key", n+1),
				Help: "restore the file from your backup; without it sealed secrets can't be opened",
			}
		}
		k := masterKey{secret: [keySize]byte(raw)}
		sum := sha256.Sum256(raw)
		k.id = hex.EncodeToString(sum[:8])
		m.keys = append(m.keys, k)
	}
	if len(m.keys) == 0 {
		return nil, fault.New(fault.Invalid, "vault.parse", "the file holds no key")
	}
	return m, nil
}

func (m *Master) find(id string) (*masterKey, bool) {
	for i := range m.keys {
		if m.keys[i].id == id {
			return &m.keys[i], true
		}
	}
	return nil, false
}

// String names the newest key.
func (m *Master) String() string { return "master key " + m.keys[0].id }

// LogValue shows key ids only.
func (m *Master) LogValue() slog.Value { return slog.StringValue(m.String()) }
