package demo

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/referee-casb/referee/fault"
)

// readSecrets reads the demo's passwords, or makes them.
func readSecrets(file string) (secrets, error) {
	const op = "demo.secrets"
	var s secrets
	text, err := os.ReadFile(file) //nolint:gosec // below the demo's folder
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &s); err != nil {
			return s, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "can't be read", Err: err, Help: "delete it; the demo makes a new one"}
		}
		return s, nil
	case !errors.Is(err, fs.ErrNotExist):
		return s, fault.As(err, fault.Unavailable, op, file)
	}
	s = secrets{
		Passwords:      map[string]string{"director": password(), "contractor": password(), "employee": password()},
		ProviderClient: password(), AppClient: password(), Certificate: password(),
	}
	if text, err = json.MarshalIndent(s, "", "  "); err != nil {
		return s, fault.Wrap(err, op, file)
	}
	return s, fault.As(os.WriteFile(file, append(text, '\n'), 0o600), fault.Unavailable, op, file)
}
