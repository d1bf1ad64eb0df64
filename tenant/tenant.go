package tenant

import (
	"context"
	"time"

	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Tenant is one company, school or customer.
type Tenant struct {
	ID        model.TenantID    `json:"id" yaml:"id"`
	Name      string            `json:"name" yaml:"name"`
	Domains   []string          `json:"domains,omitempty" yaml:"domains,omitempty"`   // managed e-mail domains; people of others are external
	Zone      string            `json:"timeZone,omitempty" yaml:"timeZone,omitempty"` // IANA name, such as "Europe/Copenhagen", of working hours and times in texts; default UTC
	Brand     Brand             `json:"brand,omitzero" yaml:"brand,omitempty"`
	Default   Behavior          `json:"default,omitempty" yaml:"default,omitempty"` // when the gateway itself fails
	Notice    Notice            `json:"notice,omitzero" yaml:"notice,omitempty"`
	Session   Lifetimes         `json:"session,omitzero" yaml:"session,omitempty"`
	Ranges    []enrich.Range    `json:"ranges,omitempty" yaml:"ranges,omitempty"`       // IP address ranges with category and tags
	Locations []enrich.Location `json:"locations,omitempty" yaml:"locations,omitempty"` // named locations of Conditional Access
	Providers []Provider        `json:"providers,omitempty" yaml:"providers,omitempty"`
	Device    Device            `json:"device,omitzero" yaml:"device,omitempty"`
	StepUp    StepUp            `json:"stepUp,omitzero" yaml:"stepUp,omitempty"`

	Evidence evidence.Setting `json:"evidence,omitzero" yaml:"evidence,omitempty"` // how much is kept of what was found in content

	BreakGlass BreakGlass `json:"breakGlass,omitzero" yaml:"breakGlass,omitempty"` // what is prepared for emergencies

	Epoch int64 `json:"epoch,omitempty" yaml:"-"` // grows by one with each stored change
}

// Brand is how pages show who asks and who helps.
type Brand struct {
	Name     string `json:"name,omitempty" yaml:"name,omitempty"`         // shown instead of the tenant's name
	LogoFile string `json:"logoFile,omitempty" yaml:"logoFile,omitempty"` // PNG or SVG on the gateway's disk
	Color    string `json:"color,omitempty" yaml:"color,omitempty"`       // "#rrggbb"
	Contact  string `json:"contact,omitempty" yaml:"contact,omitempty"`   // whom to ask: an e-mail address, a number or a sentence
	HelpURL  string `json:"helpUrl,omitempty" yaml:"helpUrl,omitempty"`   // https
}

// Behavior is what happens to requests when the gateway itself fails.
type Behavior string

// The behaviours. Block is the default.
const (
	Block Behavior = "block"
	Allow Behavior = "allow"
)

// Notice is the page that tells a person, on first entry, that the session is monitored.
type Notice struct {
	Off   bool   `json:"off,omitempty" yaml:"off,omitempty"`
	Title string `json:"title,omitempty" yaml:"title,omitempty"`
	Text  string `json:"text,omitempty" yaml:"text,omitempty"` // Markdown
}

// Lifetimes bound a broker session.
type Lifetimes struct {
	Absolute Duration `json:"absolute,omitzero" yaml:"absolute,omitempty"` // from sign-in; default 12h
	Idle     Duration `json:"idle,omitzero" yaml:"idle,omitempty"`         // without use; default 1h
}

// WithDefaults fills in what the document left out.
func (t Tenant) WithDefaults() Tenant {
	fill := func(d *Duration, v time.Duration) {
		if *d == 0 {
			*d = Duration(v)
		}
	}
	fill(&t.Session.Absolute, 12*time.Hour)
	fill(&t.Session.Idle, time.Hour)
	fill(&t.Device.Lease, 15*time.Minute)
	if t.Default == "" {
		t.Default = Block
	}
	if t.Device.Unknown == "" {
		t.Device.Unknown = "unmanaged"
	}
	if t.Brand.Name == "" {
		t.Brand.Name = t.Name
	}
	providers := make([]Provider, len(t.Providers))
	for i, p := range t.Providers {
		providers[i] = p.WithDefaults()
	}
	if t.Providers != nil {
		t.Providers = providers
	}
	return t
}

// Store keeps tenants.
type Store interface {
	// PutTenant writes a valid tenant and returns it with its new epoch. t.Epoch is the stored one, 0 for a new
	// tenant; otherwise it is a Conflict.
	PutTenant(ctx context.Context, t Tenant) (Tenant, error)
	Tenant(ctx context.Context, id model.TenantID) (Tenant, error)
	// Tenants lists all, by id.
	Tenants(ctx context.Context) ([]Tenant, error)
	// DeleteTenant removes a tenant with all its rows: sessions, instances, policies, keys. What was sealed for
	// it can't be opened any more. NotFound when it is not there.
	DeleteTenant(ctx context.Context, id model.TenantID) error
}

// Duration is a time.Duration that documents write as "8h" or "30m".
type Duration time.Duration

// D returns the duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String writes it as Go does: "8h0m0s".
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes it for JSON and YAML.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "8h", "30m" or "90s"; Invalid otherwise.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "tenant.Duration", Key: string(text), Msg: "is not a duration", Help: `write it such as "8h" or "30m"`}
	}
	*d = Duration(v)
	return nil
}
