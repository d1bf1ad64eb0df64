package tenant

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/model"
)

// NeededAccounts is how many break-glass accounts a tenant names before an app is routed through Referee. One alone
// could be lost with its holder.
const NeededAccounts = 2

const maxAccounts = 10

// BreakGlass is what is prepared for the day when Referee or a provider fails.
type BreakGlass struct {
	Accounts []Account `json:"accounts,omitempty" yaml:"accounts,omitempty"` // at least two before an app is routed through Referee
}

// Account is an administrator's account that signs in without Referee: at the provider or an app, with a secret of
// its own. Referee keeps its name, never its secret.
type Account struct {
	Name   string `json:"name" yaml:"name"`                         // sign-in name, such as "breakglass1@contoso.onmicrosoft.com"
	At     string `json:"at" yaml:"at"`                             // https address where it signs in
	Note   string `json:"note,omitempty" yaml:"note,omitempty"`     // where its secret is kept and who may open it; never the secret
	Tested string `json:"tested,omitempty" yaml:"tested,omitempty"` // day of the last sign-in that was tried, "2026-11-23"
}

// Ready reports whether enough accounts are named.
func (b BreakGlass) Ready() bool { return len(b.Accounts) >= NeededAccounts }

// Inside returns the accounts that sign in at one of Referee's own hosts, or in one of the domains that follow Referee
// as a whole (route federated): they would be shut out together with everybody else.
func (b BreakGlass) Inside(own func(host string) bool, federated []string) []Account {
	var out []Account
	for _, a := range b.Accounts {
		u, err := url.Parse(a.At)
		_, domain, _ := strings.Cut(strings.ToLower(a.Name), "@")
		follows := slices.ContainsFunc(federated, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) }) // subdomains follow too
		if err != nil || own(strings.ToLower(u.Hostname())) || follows {
			out = append(out, a)
		}
	}
	return out
}

func (v *validation) breakGlass(b BreakGlass) {
	if len(b.Accounts) > maxAccounts {
		v.add("breakGlass.accounts", "name those alone that are kept for emergencies", "%d accounts are more than %d", len(b.Accounts), maxAccounts)
	}
	for i, a := range b.Accounts {
		path := fmt.Sprintf("breakGlass.accounts[%d]", i)
		if a.Name == "" || len(a.Name) > 200 || strings.ContainsAny(a.Name, " \t\r\n") {
			v.add(path+".name", "", "a sign-in name of 1 to 200 characters without blanks is needed")
		}
		if u, err := url.Parse(a.At); err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(a.At) > 500 {
			v.add(path+".at", "such as https://entra.microsoft.com", "%q is not the https address where the account signs in", a.At)
		}
		if len(a.Note) > 500 {
			v.add(path+".note", "", "%d bytes are more than 500", len(a.Note))
		}
		if _, err := time.Parse(time.DateOnly, a.Tested); a.Tested != "" && err != nil {
			v.add(path+".tested", "such as 2026-11-23", "%q is not a day", a.Tested)
		}
		same := func(o Account) bool { return strings.EqualFold(o.Name, a.Name) }
		if slices.ContainsFunc(b.Accounts[:i], same) {
			v.add(path+".name", "name another account: one alone could be lost with its holder", "%s is there twice", a.Name)
		}
	}
}

// Bounds of a bypass.
const (
	MinBypass = time.Minute
	MaxBypass = 24 * time.Hour
)

// Bypass takes an app, or all of a tenant, out of session control for a time: who signs in goes straight to the app.
// Conditional Access still decides who gets in.
type Bypass struct {
	ID       string           `json:"id"`
	Tenant   model.TenantID   `json:"-"`
	Instance model.InstanceID `json:"app,omitempty"` // "" for all the tenant's apps
	// Also are the apps that share the sign-in of Instance: of Microsoft 365 nobody can say which one a sign-in is for.
	Also    []model.InstanceID `json:"also,omitempty"`
	Reason  string             `json:"reason"`
	By      string             `json:"by"`
	Begun   time.Time          `json:"begun"`
	Ends    time.Time          `json:"ends"`           // by itself
	Ended   time.Time          `json:"ended,omitzero"` // before that, by a person
	EndedBy string             `json:"endedBy,omitempty"`
	Noted   bool               `json:"-"` // its end is on record, and done with
}

// Live reports whether the bypass holds at now. It is asked at each use, so that a bypass ends by itself in every
// process, whatever else works.
func (b *Bypass) Live(now time.Time) bool { return b.Ended.IsZero() && now.Before(b.Ends) }

// Over is when it ended, or will.
func (b *Bypass) Over() time.Time {
	if !b.Ended.IsZero() {
		return b.Ended
	}
	return b.Ends
}

// Covers reports whether it is about an instance.
func (b *Bypass) Covers(id model.InstanceID) bool {
	return b.Instance == "" || b.Instance == id || slices.Contains(b.Also, id)
}

// Recovery is an administrator's token that was made on Referee's host, beside everything that could refuse one.
type Recovery struct {
	ID      string    `json:"id"` // of the token
	Tenant  string    `json:"tenant"`
	By      string    `json:"by"` // who ran it on the host, as the operating system knows them
	Host    string    `json:"host"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`
	Noted   bool      `json:"-"` // it is in the activity log
}
