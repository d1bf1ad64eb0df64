package provider

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Authentication context classes that this provider reaches and names in ID tokens.
const (
	// ACRPassword is reached by the password alone.
	ACRPassword = "urn:referee:demo:acr:password"
	// ACRSecondFactor is reached by the password and a time-based one-time code (RFC 6238).
	ACRSecondFactor = "urn:referee:demo:acr:second-factor"
)

// Config says who the provider is, whom it serves and who may sign in.
type Config struct {
	// Issuer is the provider's https URL without a trailing slash, query or fragment, port included when
	// it is not 443. It has no path: the provider owns its whole host.
	Issuer string
	// Clients are the relying parties. At least one.
	Clients []Client
	// Users are the accounts. At least one.
	Users []User
	// SessionLifetime ends a browser's sign-in after this time, however busy it is. Zero means 8 hours.
	SessionLifetime time.Duration
	// TokenLifetime is that of ID and access tokens. Zero means 10 minutes.
	TokenLifetime time.Duration
	// HTTPClient sends logout tokens to clients. Names below .localhost don't resolve in Go: give one that
	// dials loopback. Nil means http.DefaultClient.
	HTTPClient *http.Client
	// Clock is the only source of time. Nil means time.Now.
	Clock func() time.Time
	// Logger receives one line for each sign-in, refusal and sign-out. Nil means none.
	Logger *slog.Logger
}

// Client is one relying party.
type Client struct {
	ID   string // client_id
	Name string // shown on the login page; empty means ID
	// Secret is checked at the token endpoint (client_secret_basic or client_secret_post). Empty makes the
	// client public: it is then known by PKCE alone.
	Secret string
	// RedirectURIs are compared character by character.
	RedirectURIs []string
	// PostLogoutRedirectURIs are compared character by character. Without one the provider shows its own
	// signed-out page.
	PostLogoutRedirectURIs []string
	// BackChannelLogoutURI gets a signed logout token when a session ends in which this client signed somebody
	// in. Empty means that it is not told.
	BackChannelLogoutURI string
}

// User is one account.
type User struct {
	Subject  string // the sub claim, stable and never reused
	Username string // typed on the login page, case-insensitive
	Password string
	Name     string // the name claim: a role such as "Director", never an invented person
	Email    string // the email claim, stated as verified
	Groups   []string
	// TOTPSecret is the raw shared secret of the one-time code. Without one the account can't reach
	// ACRSecondFactor.
	TOTPSecret []byte
}

// LogValue keeps passwords and shared secrets out of every log.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("username", u.Username), slog.String("sub", u.Subject))
}

// LogValue keeps the secret out of every log.
func (c Client) LogValue() slog.Value { return slog.GroupValue(slog.String("client_id", c.ID)) }

func (c *Config) setDefaults() {
	if c.SessionLifetime == 0 {
		c.SessionLifetime = 8 * time.Hour
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = 10 * time.Minute
	}
	if c.HTTPClient == nil {
		c.HTTPClient = http.DefaultClient
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// Validate names the first thing that is wrong, with how to mend it.
func (c *Config) Validate() error {
	const op = "provider.Validate"
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fault.New(fault.Invalid, op, "issuer %q is not of the form https://host[:port]", c.Issuer)
	}
	if len(c.Clients) == 0 || len(c.Users) == 0 {
		return fault.New(fault.Invalid, op, "at least one client and one user are needed")
	}
	if c.SessionLifetime < 0 || c.TokenLifetime < 0 {
		return fault.New(fault.Invalid, op, "lifetimes can't be negative")
	}
	clients := map[string]bool{}
	for _, cl := range c.Clients {
		if cl.ID == "" || clients[cl.ID] {
			return fault.New(fault.Invalid, op, "client id %q is empty or used twice", cl.ID)
		}
		clients[cl.ID] = true
		if len(cl.RedirectURIs) == 0 {
			return fault.New(fault.Invalid, op, "client %q has no redirect URI", cl.ID)
		}
		uris := append(append([]string{}, cl.RedirectURIs...), cl.PostLogoutRedirectURIs...)
		if cl.BackChannelLogoutURI != "" {
			uris = append(uris, cl.BackChannelLogoutURI)
		}
		for _, raw := range uris {
			if r, err := url.Parse(raw); err != nil || r.Scheme != "https" || r.Host == "" || strings.Contains(raw, "#") {
				return fault.New(fault.Invalid, op, "client %q: %q is not an https URL without fragment", cl.ID, raw)
			}
		}
	}
	names, subjects := map[string]bool{}, map[string]bool{}
	for _, user := range c.Users {
		name := strings.ToLower(user.Username)
		if name == "" || user.Subject == "" || user.Password == "" {
			return fault.New(fault.Invalid, op, "user %q needs a subject, a username and a password", user.Username)
		}
		if names[name] || subjects[user.Subject] {
			return fault.New(fault.Invalid, op, "user %q is there twice", user.Username)
		}
		names[name], subjects[user.Subject] = true, true
	}
	return nil
}
