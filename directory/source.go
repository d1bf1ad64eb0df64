package directory

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// SourceID names one of a tenant's sources.
type SourceID string

// Kind says how a source's word arrives.
type Kind string

// The kinds of source.
const (
	KindSCIM  Kind = "scim"  // pushed to Referee (RFC 7644)
	KindGraph Kind = "graph" // read from Microsoft Graph
)

// Source is a system that speaks of a tenant's people.
type Source struct {
	ID     SourceID       `json:"id"`
	Tenant model.TenantID `json:"-"`
	Kind   Kind           `json:"kind"`
	Name   string         `json:"name,omitempty"`
	// Provider is where the source's people sign in: its subjects and sign-in names are compared with that provider's
	// alone. Without one, people of every provider are recognised, by their sign-in name only.
	Provider model.ProviderID `json:"provider,omitempty"`
	Graph    *Graph           `json:"graph,omitempty"`
	Created  time.Time        `json:"created"`
	Revision int64            `json:"-"` // grows by one with each change
	Sync     Sync             `json:"sync,omitzero"`
}

// Graph says which Microsoft Graph is read, and as whom. One of SecretFile and CertificateFile is set.
type Graph struct {
	Tenant          string `json:"tenant" yaml:"tenant"`                                       // directory id or domain
	ClientID        string `json:"clientId" yaml:"clientId"`                                   // of the app registration
	SecretFile      string `json:"secretFile,omitempty" yaml:"secretFile,omitempty"`           // holds the client secret
	CertificateFile string `json:"certificateFile,omitempty" yaml:"certificateFile,omitempty"` // holds certificate and private key, PEM
	Login           string `json:"login,omitempty" yaml:"login,omitempty"`                     // of a national cloud; default https://login.microsoftonline.com
	Graph           string `json:"graph,omitempty" yaml:"graph,omitempty"`                     // of a national cloud, with the version; default https://graph.microsoft.com/v1.0
}

// Sync is how far the reading of a source has got. It is kept with what was read, so that a process that was stopped
// goes on with the page it was at.
type Sync struct {
	Asked    time.Time `json:"asked,omitzero"`    // when somebody wanted a reading at once
	AskFull  bool      `json:"askFull,omitempty"` // and of everything, not only of what has changed
	Began    time.Time `json:"began,omitzero"`    // of the round in progress, or of the last one
	Finished time.Time `json:"finished,omitzero"` // of the last whole round: what is stored is at least this new
	Full     bool      `json:"full,omitempty"`    // the round in progress reads everything anew
	Phase    string    `json:"phase,omitempty"`   // "users", "groups", "roles"; "" between rounds
	Page     string    `json:"page,omitempty"`    // address of the next page of the phase
	Pages    int       `json:"pages,omitempty"`   // read in this round
	Items    int       `json:"items,omitempty"`   // read in this round
	// UserDelta and GroupDelta are where the next round begins.
	UserDelta  string    `json:"userDelta,omitempty"`
	GroupDelta string    `json:"groupDelta,omitempty"`
	Generation int64     `json:"generation,omitempty"` // of the last reading of everything
	Failed     time.Time `json:"failed,omitzero"`      // when the last attempt failed
	Failures   int       `json:"failures,omitempty"`   // in a row
	Error      string    `json:"error,omitempty"`
	Warning    string    `json:"warning,omitempty"` // what could not be read though the rest could
}

var sourcePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// Validate reports every mistake of a source's settings.
func (s *Source) Validate() error {
	var ms filter.Mistakes
	add := func(path, reason, advice string) {
		ms = append(ms, filter.Mistake{Path: path, Reason: reason, Advice: advice})
	}
	if !sourcePattern.MatchString(string(s.ID)) {
		add("id", "must be 1 to 40 lower-case letters, digits or hyphens", `use a short name such as "entra"`)
	}
	if len(s.Name) > 200 {
		add("name", "is longer than 200 characters", "")
	}
	switch {
	case s.Kind == KindSCIM && s.Graph != nil:
		add("graph", "belongs to the kind graph", "leave it out")
	case s.Kind == KindGraph && s.Graph == nil:
		add("graph", "is missing", "give the directory, the application id and the file of its secret or certificate")
	case s.Kind == KindGraph:
		s.Graph.validate(add)
	case s.Kind != KindSCIM:
		add("kind", "is neither scim nor graph", "")
	}
	if len(ms) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Op: "directory.Source", Key: string(s.ID), Err: ms}
}

func (g *Graph) validate(add func(path, reason, advice string)) {
	if g.Tenant == "" {
		add("graph.tenant", "is missing", "give the directory's id or one of its domains")
	}
	if g.ClientID == "" {
		add("graph.clientId", "is missing", "give the application (client) id of the app registration")
	}
	if (g.SecretFile == "") == (g.CertificateFile == "") {
		add("graph.secretFile", "one of secretFile and certificateFile is needed", "name the file that holds the client secret, or the certificate with its private key")
	}
	for path, file := range map[string]string{"graph.secretFile": g.SecretFile, "graph.certificateFile": g.CertificateFile} {
		if file != "" && !filepath.IsAbs(file) {
			add(path, "is not an absolute path", "files of the host are named from the root")
		}
	}
	for path, address := range map[string]string{"graph.login": g.Login, "graph.graph": g.Graph} {
		if address != "" && !strings.HasPrefix(address, "https://") {
			add(path, "does not begin with https://", "")
		}
	}
}

// Token lets a provisioning client speak for one SCIM source. Its secret is shown once and kept as a hash.
type Token struct {
	ID        string         `json:"id"`
	Tenant    model.TenantID `json:"-"`
	Source    SourceID       `json:"source"`
	Name      string         `json:"name,omitempty"`
	Hash      string         `json:"-"` // [HashToken] of the secret
	CreatedBy string         `json:"createdBy,omitempty"`
	Created   time.Time      `json:"created"`
	Expires   time.Time      `json:"expires,omitzero"`  // zero: never
	LastUsed  time.Time      `json:"lastUsed,omitzero"` // written at most once a minute
}

// MaxTokens is how many tokens a source may have: two are needed while one takes over from the other.
const MaxTokens = 10

// HashToken is what a store keeps of a secret. The secret has 256 random bits, so a plain hash is enough.
func HashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Holds reports whether a secret is the token's and may be used at now.
func (t *Token) Holds(secret string, now time.Time) bool {
	same := subtle.ConstantTimeCompare([]byte(HashToken(secret)), []byte(t.Hash)) == 1
	return same && t.Hash != "" && (t.Expires.IsZero() || now.Before(t.Expires))
}

// LogValue leaves the hash out of logs.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", t.ID), slog.String("source", string(t.Source)))
}
