package signin

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// Which of a tenant's providers a person signs in at (home-realm discovery). What decides, in this order: the tenant
// has one; the caller named one (the session's own, when somebody signs in again); the domain of a hint; what this
// browser chose before; and the person, who is asked for their address. Nothing of it is trusted: it only says who is
// asked, and the answer is verified as ever.

// homeCookie remembers a browser's choice. It is signed, so that no other part can write it, and says no more than
// the provider's id.
const (
	homeCookie  = "__Host-referee-home-" // + tenant
	homeLife    = 90 * 24 * time.Hour
	purposeHome = "home"       // tokens of the cookie
	purposeAsk  = "home-asked" // tokens of the page's form: what the sign-in is for
)

// homeOf picks the provider of a sign-in; ok is false when the person must be asked.
func (b *Broker) homeOf(r *http.Request, t tenant.Tenant, ask request) (tenant.Provider, bool) {
	named := func(id model.ProviderID) (tenant.Provider, bool) {
		i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == id && id != "" })
		if i < 0 {
			return tenant.Provider{}, false
		}
		return t.Providers[i], true
	}
	if len(t.Providers) == 1 {
		return t.Providers[0], true
	}
	if p, ok := named(ask.provider); ok {
		return p, true
	}
	for _, domain := range []string{domainOf(ask.hint), ask.domain} {
		if p, ok := byDomain(t, domain); ok {
			return p, true
		}
	}
	if ask.choose {
		return tenant.Provider{}, false
	}
	if c, err := r.Cookie(homeCookie + string(t.ID)); err == nil {
		if id, err := b.parts.Tokens.Verify(t.ID, purposeHome, c.Value); err == nil {
			return named(model.ProviderID(id))
		}
	}
	return tenant.Provider{}, false
}

// byDomain finds a domain's home: the provider that names it, else the only one that names none.
func byDomain(t tenant.Tenant, domain string) (tenant.Provider, bool) {
	if domain == "" {
		return tenant.Provider{}, false
	}
	if p, ok := tenant.ByDomain(t.Providers, domain); ok {
		return p, true
	}
	open := openHomes(t)
	if len(open) == 1 {
		return open[0], true
	}
	return tenant.Provider{}, false
}

// openHomes are the providers that name no domains: whoever is at home there chooses them by name.
func openHomes(t tenant.Tenant) []tenant.Provider {
	var open []tenant.Provider
	for _, p := range t.Providers {
		if len(p.Domains) == 0 {
			open = append(open, p)
		}
	}
	return open
}

// domainOf is the domain of an address, "" where it has none.
func domainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i <= 0 || len(address) > maxHint {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(address[i+1:]))
}

// remember keeps a browser's home once somebody has signed in there. A failure costs one question the next time.
func (b *Broker) remember(w http.ResponseWriter, t tenant.Tenant, id model.ProviderID) {
	if len(t.Providers) < 2 {
		return
	}
	token, err := b.parts.Tokens.Sign(t.ID, purposeHome, []byte(id), b.parts.Now().Add(homeLife))
	if err != nil {
		b.parts.Log.Warn("home not remembered", "tenant", t.ID, "err", err)
		return
	}
	setCookie(w, homeCookie+string(t.ID), token, homeLife)
}

// asked is a sign-in that waits for the person to say where they are at home.
type asked struct {
	Back    string `json:"back"`
	MaxAge  int    `json:"maxAge"`
	Request string `json:"request,omitempty"`
}

// homeView is the page that asks.
type homeView struct {
	Action, Token, Address, Problem string
	Open                            []tenant.Provider
}

// askHome shows the page that asks for the person's address.
func (b *Broker) askHome(w http.ResponseWriter, r *http.Request, t tenant.Tenant, ask request, address, problem string) {
	text, err := json.Marshal(asked{ask.back, ask.maxAge, ask.request})
	if err != nil {
		b.fail(w, r, t, fault.Wrap(err, "signin.home", string(t.ID)))
		return
	}
	token, err := b.parts.Tokens.Sign(t.ID, purposeAsk, text, b.parts.Now().Add(upstreamLife))
	if err != nil {
		b.fail(w, r, t, fault.Wrap(err, "signin.home", string(t.ID)))
		return
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusBadRequest
	}
	b.render(w, r, t, status, "home", homeView{Action: "/" + url.PathEscape(string(t.ID)) + "/home", Token: token, Address: address, Problem: problem, Open: openHomes(t)})
}

// home takes the person's answer. Whether the address exists is nobody's to learn here: only its domain counts.
func (b *Broker) home(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	text, err := b.parts.Tokens.Verify(t.ID, purposeAsk, r.PostFormValue("asked"))
	var waiting asked
	if err == nil {
		err = json.Unmarshal(text, &waiting)
	}
	if err != nil || !localReturn(t.ID, waiting.Back) {
		b.fail(w, r, t, &fault.Error{Kind: fault.Denied, Op: "signin.home", Msg: "this page is too old", Help: "Open the app again.", Err: err})
		return
	}
	ask := request{back: waiting.Back, maxAge: waiting.MaxAge, request: waiting.Request, choose: true}
	if id := model.ProviderID(r.PostFormValue("provider")); id != "" {
		ask.provider = id
		if _, ok := b.homeOf(r, t, ask); !ok {
			b.askHome(w, r, t, request{back: ask.back, maxAge: ask.maxAge, request: ask.request}, "", "Choose one of these, or type your address.")
			return
		}
		b.start(w, r, t, ask)
		return
	}
	address := strings.TrimSpace(r.PostFormValue("address"))
	// Not counted by account: anybody may type anybody's address, and must not keep them from signing in.
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	if domainOf(address) == "" {
		b.askHome(w, r, t, ask, address, "Type your whole work address, such as name@company.com.")
		return
	}
	ask.hint = address
	if _, ok := b.homeOf(r, t, ask); !ok {
		b.askHome(w, r, t, ask, address, "Nobody with an address of "+domainOf(address)+" signs in here. Is it your work address?")
		return
	}
	b.start(w, r, t, ask)
}
