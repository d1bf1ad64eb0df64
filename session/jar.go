package session

import (
	"context"
	"log/slog"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Bounds of a jar. A browser keeps 180 cookies a domain and 3,000 in all; one app needs fewer.
const (
	maxPerDomain = 180
	maxPerJar    = 600
	writeTries   = 8
)

// JarsOptions configures [NewJars].
type JarsOptions struct {
	Store JarStore
	Now   func() time.Time
	Log   *slog.Logger // nil means none
	// Shared is set when other processes write to the same jars: the stored version is then asked before a jar
	// is used. A gateway alone with its store needs no read for a jar it knows.
	Shared bool
}

// Jars hands out jars: one for each app session however many of its hosts are in use, for as long as anybody
// holds it.
type Jars struct {
	opt  JarsOptions
	mu   sync.Mutex
	open map[jarID]weak.Pointer[Jar]
}

type jarID struct {
	tenant model.TenantID
	app    string
}

// NewJars makes jars over a store.
func NewJars(opt JarsOptions) *Jars {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Jars{opt: opt, open: map[jarID]weak.Pointer[Jar]{}}
}

// Jar returns the jar of an app session. Its cookies are read when they are first needed.
func (js *Jars) Jar(tenant model.TenantID, appSession string, key *DataKey) *Jar {
	id := jarID{tenant, appSession}
	js.mu.Lock()
	defer js.mu.Unlock()
	if p, ok := js.open[id]; ok {
		if j := p.Value(); j != nil {
			return j
		}
	}
	j := &Jar{opt: &js.opt, tenant: tenant, app: appSession, key: key}
	p := weak.Make(j)
	js.open[id] = p
	runtime.AddCleanup(j, js.closed, id)
	return j
}

// closed forgets a jar that nobody holds, unless another has taken its place.
func (js *Jars) closed(id jarID) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if p, ok := js.open[id]; ok && p.Value() == nil {
		delete(js.open, id)
	}
}

// Jar keeps the cookies of one app session: the browser never gets those that its page's script may not see,
// and a host-only copy of the others. All methods are safe for concurrent use; every URL is that of a real
// host.
type Jar struct {
	opt    *JarsOptions
	tenant model.TenantID
	app    string
	key    *DataKey

	now atomic.Pointer[contents] // nil until read
	// write lets one writer of this process at the store at a time, and guards reading the store: otherwise
	// an older reading could replace a newer one.
	write sync.Mutex

	mirror  sync.Mutex
	mirrors map[mirrorID]mirrorState
}

// contents is what a jar held at one version; it is replaced, never changed.
type contents struct {
	version int64
	cookies []*cookie // in the order that a Cookie header has
}

// LogValue tells whose jar it is, not what is in it.
func (j *Jar) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", string(j.tenant)), slog.String("app_session", j.app))
}

// contents returns what the jar holds now, reading the store when it must.
func (j *Jar) contents(ctx context.Context) (*contents, error) {
	var least int64 // the version that any gateway's last finished write has made
	if j.opt.Shared {
		v, err := j.opt.Store.JarVersion(ctx, j.tenant, j.app)
		if err != nil {
			return nil, fault.Wrap(err, "session.Jar", j.app)
		}
		least = v
	}
	if c := j.now.Load(); c != nil && c.version >= least {
		return c, nil
	}
	j.write.Lock()
	defer j.write.Unlock()
	if c := j.now.Load(); c != nil && c.version >= least {
		return c, nil
	}
	return j.read(ctx)
}

// read loads the jar; the caller holds j.write.
func (j *Jar) read(ctx context.Context) (*contents, error) {
	rows, version, err := j.opt.Store.JarRows(ctx, j.tenant, j.app)
	if err != nil {
		return nil, fault.Wrap(err, "session.Jar", j.app)
	}
	c := &contents{version: version, cookies: make([]*cookie, 0, len(rows))}
	for _, r := range rows {
		one, err := j.fromRow(r)
		if err != nil { // a damaged cookie is as good as none: it counts as expired until the app sets another
			j.opt.Log.LogAttrs(ctx, slog.LevelWarn, "cookie in jar does not open", slog.Any("cookie", r), slog.Any("err", err))
			one = &cookie{place: place{r.Domain, r.HostOnly, r.Path, r.Name}, expires: longAgo, created: r.Created, version: r.Version}
		}
		c.cookies = append(c.cookies, one)
	}
	order(c.cookies)
	j.now.Store(c)
	return c, nil
}

// SetCookies takes the Set-Cookie lines of a response from u and returns the lines that the browser gets at the
// mapped host of u instead. The cookies are in the store when it returns; on an error none of them may be
// relied on, and the response must not go out (fail closed: the app would believe in a cookie nobody has).
func (j *Jar) SetCookies(ctx context.Context, u *url.URL, lines []string, c CookieContext) ([]string, error) {
	return j.set(ctx, originOf(u), lines, c)
}

// SetScript takes what a page's script wrote with document.cookie and a Domain, as the client script reports
// it. Such a cookie can neither be HttpOnly nor replace one that is.
func (j *Jar) SetScript(ctx context.Context, u *url.URL, lines []string, c CookieContext) error {
	o := originOf(u)
	o.script = true
	_, err := j.set(ctx, o, lines, c)
	return err
}

func (j *Jar) set(ctx context.Context, o origin, lines []string, c CookieContext) ([]string, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	now := j.opt.Now()
	incoming := make([]*cookie, 0, len(lines))
	for i, line := range lines {
		if s, ok := parseSetCookie(line, now); ok {
			if one, ok := o.accept(s, c, now); ok {
				one.created = now.Add(time.Duration(i)) // lines of one response keep their order
				incoming = append(incoming, one)
			}
		}
	}
	if len(incoming) == 0 {
		return nil, nil
	}
	if _, err := j.contents(ctx); err != nil {
		return nil, err
	}
	j.write.Lock()
	defer j.write.Unlock()
	for try := 0; ; try++ {
		before := j.now.Load()
		d := before.apply(incoming, o, now)
		if d.empty() {
			return j.mirrorLines(o, d, now), nil
		}
		err := j.commit(ctx, before, d)
		if err == nil {
			return j.mirrorLines(o, d, now), nil
		}
		if !fault.Is(err, fault.Conflict) || try == writeTries {
			return nil, fault.Wrap(err, "session.SetCookies", j.app)
		}
		if _, err := j.read(ctx); err != nil { // another gateway was first
			return nil, err
		}
	}
}

// commit stores a change and publishes it; the caller holds j.write.
func (j *Jar) commit(ctx context.Context, before *contents, d *delta) error {
	put, drop := make([]JarRow, len(d.put)), make([]JarRow, len(d.drop))
	for i, one := range d.put {
		put[i] = j.toRow(one)
	}
	for i, one := range d.drop {
		drop[i] = JarRow{AppSession: j.app, Tenant: j.tenant, Domain: one.domain, HostOnly: one.hostOnly, Path: one.path, Name: one.name, Version: one.version}
	}
	version, err := j.opt.Store.WriteJar(ctx, j.tenant, j.app, put, drop)
	if err != nil {
		return err
	}
	if version != before.version+1 { // another gateway wrote other rows in between
		_, err := j.read(ctx)
		return err
	}
	after := &contents{version: version, cookies: make([]*cookie, 0, len(before.cookies)+len(d.put))}
	for _, one := range before.cookies {
		if !d.touches(one.place) {
			after.cookies = append(after.cookies, one)
		}
	}
	after.cookies = append(after.cookies, d.put...)
	order(after.cookies)
	j.now.Store(after)
	return nil
}

// Clear empties the jar, at sign-out.
func (j *Jar) Clear(ctx context.Context) error {
	if _, err := j.contents(ctx); err != nil {
		return err
	}
	j.write.Lock()
	defer j.write.Unlock()
	for try := 0; ; try++ {
		before := j.now.Load()
		if len(before.cookies) == 0 {
			return nil
		}
		err := j.commit(ctx, before, &delta{drop: slices.Clone(before.cookies)})
		if err == nil || !fault.Is(err, fault.Conflict) || try == writeTries {
			return fault.Wrap(err, "session.Clear", j.app)
		}
		if _, err := j.read(ctx); err != nil {
			return err
		}
	}
}
