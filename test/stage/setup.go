package stage

import (
	"encoding/json"
	"os"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

// Names of the hosts. Suffix and sign-in are on different registrable domains, as they must be in earnest.
const (
	Suffix     = "gate.localhost"
	SignInHost = "signin.referee.localhost"
	APIHost    = "referee.localhost"
	loginHost  = "login.provider.localhost"
	appParent  = "app.localhost"
)

// Setup is what the child is told: where it keeps things, and what is in its stores when it starts. Tenants,
// instances and policies are written where they are not there yet.
type Setup struct {
	Data        string             `json:"data"`
	Authority   string             `json:"authority"` // folder of the development CA, shared with the parent
	Suffix      string             `json:"suffix"`
	Port        int                `json:"port"`
	BusMaxBytes int64              `json:"busMaxBytes"` // 0: the default
	Tenants     []tenant.Tenant    `json:"tenants"`
	Instances   []catalog.Instance `json:"instances"`
	Policies    string             `json:"policies"` // YAML, for every tenant, in force at once
	Log         string             `json:"log"`      // file for Referee's own log
	Stored      *Stored            `json:"stored,omitempty"`
}

// Stored asks for sessions that are in the store as if people had signed in.
type Stored struct {
	Count int    `json:"count"`
	File  string `json:"file"` // gets a line a session: tenant, a space, value of the host cookie
}

// Mount puts a small file system of its own on a folder, seen by the children alone.
type Mount struct {
	Dir   string `json:"dir"`
	Bytes int64  `json:"bytes"`
}

func (s *Setup) write(file string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fault.Wrap(err, "stage.Setup", file)
	}
	return fault.As(os.WriteFile(file, text, 0o600), fault.Unavailable, "stage.Setup", file)
}

func readSetup(file string) (*Setup, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the parent names it
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "stage.Setup", file)
	}
	s := &Setup{}
	return s, fault.Wrap(json.Unmarshal(text, s), "stage.Setup", file)
}
