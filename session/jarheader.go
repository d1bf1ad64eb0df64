package session

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Header makes the Cookie header of a request to u, from the jar and from what the browser sent along (without
// Referee's own cookies). Of a cookie that the page's script can see, the browser's copy counts, since script
// may have changed it; of one that it can't, the jar's. Cookies that the jar does not know were set by script
// and go along as SameSite=Lax, which is what browsers take for granted. "" means no header.
func (j *Jar) Header(ctx context.Context, u *url.URL, incoming string, c CookieContext) (string, error) {
	all, err := j.contents(ctx)
	if err != nil {
		return "", err
	}
	if len(all.cookies) == 0 && incoming == "" {
		return "", nil
	}
	now, o := j.opt.Now(), originOf(u)
	sent := parsePairs(incoming)
	var b strings.Builder
	b.Grow(min(len(incoming)+len(all.cookies)*typicalCookie, maxGuess))
	var deleted []*cookie
	for _, one := range all.cookies {
		if one.expired(now) || !one.visibleTo(o.host) || !pathMatch(o.path, one.path) {
			continue
		}
		mirrored := one.mirrored()
		if one.secure && !o.secure || !c.sends(one.sameSite, one.young(now)) {
			if mirrored || one.httpOnly {
				sent.refuse(one.name)
			}
			continue
		}
		value := one.value
		if mirrored {
			fromBrowser, has := sent.take(one.name, one.value)
			switch {
			case has:
				value = fromBrowser
				j.presented(o.host, one)
			case c.Complete && j.wasPresented(o.host, one):
				deleted = append(deleted, one)
				continue
			}
		} else {
			sent.refuse(one.name)
		}
		if s := now.Unix(); one.used.Load() != s {
			one.used.Store(s)
		}
		appendPair(&b, one.name, value)
	}
	if c.sends(sameSiteLax, false) {
		sent.rest(&b)
	}
	if len(deleted) > 0 {
		if err := j.forget(ctx, o.host, deleted); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// A guess at a header's length saves growing it; one too long for it grows.
const (
	typicalCookie = 64
	maxGuess      = 4096
)

func appendPair(b *strings.Builder, name, value string) {
	if b.Len() > 0 {
		b.WriteString("; ")
	}
	if name != "" {
		b.WriteString(name)
		b.WriteByte('=')
	}
	b.WriteString(value)
}

// forget drops host-only cookies that script has deleted. Domain cookies stay: other hosts may still have them.
func (j *Jar) forget(ctx context.Context, host string, deleted []*cookie) error {
	j.write.Lock()
	defer j.write.Unlock()
	d := &delta{}
	before := j.now.Load()
	for _, one := range deleted {
		if one.hostOnly && one.domain == host && slices.Contains(before.cookies, one) { // not replaced since
			d.drop = append(d.drop, one)
		}
	}
	if d.empty() {
		return nil
	}
	if err := j.commit(ctx, before, d); err != nil {
		// Another gateway has changed one of them: it is not deleted then. Any other trouble with the store
		// shows when it is next needed; this request goes on without the cookies either way.
		_, err = j.read(ctx)
		return err
	}
	return nil
}

// pairs is a Cookie header taken apart.
type pairs struct{ list []pair }

type pair struct {
	name, value string
	taken       bool // its value is in the header already
	refused     bool // it must not get there as a cookie that the jar does not know
}

func parsePairs(header string) *pairs {
	p := &pairs{list: make([]pair, 0, strings.Count(header, ";")+1)}
	for header != "" {
		var one string
		one, header, _ = strings.Cut(header, ";")
		name, value, ok := strings.Cut(one, "=")
		if !ok {
			name, value = "", one
		}
		name, value = trim(name), trim(value)
		if name == "" && value == "" || reserved(name) {
			continue
		}
		p.list = append(p.list, pair{name: name, value: value})
	}
	return p
}

// take returns the browser's value for a name and uses it up. When another app's script planted a second cookie
// of that name, the one with the value that the jar knows is taken.
func (p *pairs) take(name, known string) (string, bool) {
	found := -1
	for i := range p.list {
		if p.list[i].name != name || p.list[i].taken {
			continue
		}
		if p.list[i].value == known {
			found = i
			break
		}
		if found < 0 {
			found = i
		}
	}
	if found < 0 {
		return "", false
	}
	p.list[found].taken = true
	p.refuse(name)
	return p.list[found].value, true
}

// refuse keeps what is left of a name out of the header.
func (p *pairs) refuse(name string) {
	for i := range p.list {
		if p.list[i].name == name {
			p.list[i].refused = true
		}
	}
}

// rest writes the pairs that the jar knows nothing of.
func (p *pairs) rest(b *strings.Builder) {
	for _, one := range p.list {
		if !one.taken && !one.refused {
			appendPair(b, one.name, one.value)
		}
	}
}

// mirrorID is a cookie's copy in the browser at one real host's mapped host.
type mirrorID struct {
	host string
	place
}

// mirrorState is what this process knows of a copy: which version the browser was given, and whether it has
// since sent one.
type mirrorState struct {
	version   int64
	presented bool
}

func (j *Jar) presented(host string, c *cookie) {
	j.mirror.Lock()
	defer j.mirror.Unlock()
	id := mirrorID{host, c.place}
	s, known := j.mirrors[id]
	if !known {
		s.version = c.version // given by another process, or before a restart
	}
	s.presented = true
	j.mirrorSet(id, s)
}

// mirrorSet keeps the map; the caller holds j.mirror.
func (j *Jar) mirrorSet(id mirrorID, s mirrorState) {
	if j.mirrors == nil {
		j.mirrors = map[mirrorID]mirrorState{}
	}
	if len(j.mirrors) > 8*maxPerJar { // many hosts and many cookies that come and go: begin again
		clear(j.mirrors)
	}
	j.mirrors[id] = s
}

func (j *Jar) wasPresented(host string, c *cookie) bool {
	j.mirror.Lock()
	defer j.mirror.Unlock()
	s, ok := j.mirrors[mirrorID{host, c.place}]
	return ok && s.presented && s.version == c.version
}

// mirrorLines makes the lines for the browser at the host whose response set the cookies.
func (j *Jar) mirrorLines(o origin, d *delta, now time.Time) []string {
	if o.script {
		return nil // the page has written its own copy
	}
	j.mirror.Lock()
	defer j.mirror.Unlock()
	var out []string
	for _, list := range [][]*cookie{d.put, d.same} {
		for _, one := range list {
			if one.mirrored() && one.visibleTo(o.host) {
				out = append(out, one.mirrorLine(now))
				j.mirrorSet(mirrorID{o.host, one.place}, mirrorState{version: one.version})
			}
		}
	}
	for _, p := range d.hidden {
		if p.name != "" && !reserved(p.name) {
			out = append(out, p.unmirrorLine())
			delete(j.mirrors, mirrorID{o.host, p})
		}
	}
	return out
}

// Mirrors returns lines for the copies that the browser lacks at the mapped host of u: of cookies that a sibling
// host set for the whole domain. A gateway adds them to answers that run or feed script (HTML, JSON). incoming
// is the request's Cookie header.
func (j *Jar) Mirrors(ctx context.Context, u *url.URL, incoming string) ([]string, error) {
	all, err := j.contents(ctx)
	if err != nil {
		return nil, err
	}
	now, o := j.opt.Now(), originOf(u)
	var sent *pairs
	var out []string
	for _, one := range all.cookies {
		if one.hostOnly || !one.mirrored() || one.expired(now) || !one.visibleTo(o.host) || !pathMatch(o.path, one.path) {
			continue
		}
		if sent == nil {
			sent = parsePairs(incoming)
		}
		if j.lacks(o.host, one, sent) {
			out = append(out, one.mirrorLine(now))
		}
	}
	return out, nil
}

// lacks reports whether a copy should be given, and notes that it was.
func (j *Jar) lacks(host string, c *cookie, sent *pairs) bool {
	j.mirror.Lock()
	defer j.mirror.Unlock()
	id := mirrorID{host, c.place}
	s, known := j.mirrors[id]
	has := slices.ContainsFunc(sent.list, func(p pair) bool { return p.name == c.name })
	switch {
	case known && s.version == c.version:
		return false // given before; if it is gone, script has deleted it
	case !known && has:
		// Given by another process, or before a restart: script may have changed it since, so it stays.
		j.mirrorSet(id, mirrorState{version: c.version, presented: true})
		return false
	}
	j.mirrorSet(id, mirrorState{version: c.version})
	return true
}
