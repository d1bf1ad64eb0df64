package session

import (
	"cmp"
	"slices"
	"time"
)

// delta is what Set-Cookie lines change in a jar.
type delta struct {
	put  []*cookie // as they will be stored
	drop []*cookie // as they are stored
	same []*cookie // set again without a change worth writing
	// hidden are places whose cookie was visible to script and is not any more: deleted, or now HttpOnly.
	hidden []place
}

func (d *delta) empty() bool { return len(d.put)+len(d.drop) == 0 }

func (d *delta) touches(p place) bool {
	is := func(c *cookie) bool { return c.place == p }
	return slices.ContainsFunc(d.put, is) || slices.ContainsFunc(d.drop, is)
}

// apply works out the change, RFC 6265bis section 5.7 from step 22 on. Of several lines for one place the last
// counts.
func (c *contents) apply(incoming []*cookie, o origin, now time.Time) *delta {
	old := make(map[place]*cookie, len(c.cookies))
	for _, one := range c.cookies {
		old[one.place] = one
	}
	last := map[place]*cookie{}
	var places []place
	for _, one := range incoming {
		was := cmp.Or(last[one.place], old[one.place])
		switch {
		case was != nil && was.httpOnly && o.script && !was.expired(now):
			continue
		case !one.secure && !o.secure && c.securedElsewhere(one, now):
			continue
		}
		if last[one.place] == nil {
			places = append(places, one.place)
		}
		last[one.place] = one
	}
	d := &delta{}
	for _, p := range places {
		one, was := last[p], old[p]
		switch {
		case one.expired(now):
			if was != nil {
				d.drop = append(d.drop, was)
			}
			if was == nil || was.mirrored() {
				d.hidden = append(d.hidden, p) // the page's script may have set it without the jar's knowing
			}
			continue
		case was != nil && !was.expired(now):
			if was.unchanged(one, now) {
				d.same = append(d.same, was)
				continue
			}
			one = one.replacing(was)
			if was.mirrored() && !one.mirrored() {
				d.hidden = append(d.hidden, p)
			}
		case was != nil:
			created := one.created
			one = one.replacing(was)
			one.created = created
		default:
			one = one.replacing(&cookie{created: one.created})
		}
		d.put = append(d.put, one)
	}
	c.makeRoom(d, now)
	return d
}

// replacing is the cookie as it will be stored in place of was: with its creation time and the next version.
func (c *cookie) replacing(was *cookie) *cookie {
	n := &cookie{
		place: c.place, value: c.value, secure: c.secure, httpOnly: c.httpOnly, sameSite: c.sameSite, expires: c.expires,
		created: was.created, version: was.version + 1,
	}
	n.used.Store(max(c.created.Unix(), was.used.Load()))
	return n
}

// unchanged reports whether storing c over was would change nothing of note. Apps set the same cookie with
// every response, its end a little later: that little, a minute and a twentieth of its life at most, is not
// worth a write.
func (was *cookie) unchanged(c *cookie, now time.Time) bool {
	if was.value != c.value || was.secure != c.secure || was.httpOnly != c.httpOnly || was.sameSite != c.sameSite ||
		was.expires.IsZero() != c.expires.IsZero() {
		return false
	}
	later := c.expires.Sub(was.expires)
	return later >= 0 && later <= min(time.Minute, c.expires.Sub(now)/20)
}

// securedElsewhere is the rule that an insecure origin may not shadow a secure cookie.
func (c *contents) securedElsewhere(one *cookie, now time.Time) bool {
	return slices.ContainsFunc(c.cookies, func(s *cookie) bool {
		return s.secure && s.name == one.name && !s.expired(now) &&
			(domainMatch(one.domain, s.domain) || domainMatch(s.domain, one.domain)) && pathMatch(one.path, s.path)
	})
}

// makeRoom drops cookies when there are too many: the expired first, then of the domain or jar that is too full
// those longest unused, visible ones before HttpOnly ones, and never one that is just being set if another will
// do.
func (c *contents) makeRoom(d *delta, now time.Time) {
	kept := make([]*cookie, 0, len(c.cookies))
	perDomain := map[string]int{}
	for _, one := range d.put {
		perDomain[one.domain]++
	}
	for _, one := range c.cookies {
		if d.touches(one.place) {
			continue
		}
		if one.expired(now) {
			d.drop = append(d.drop, one)
			continue
		}
		kept = append(kept, one)
		perDomain[one.domain]++
	}
	total := len(kept) + len(d.put)
	if total <= maxPerJar && !slices.ContainsFunc(kept, func(k *cookie) bool { return perDomain[k.domain] > maxPerDomain }) && len(d.put) <= maxPerDomain {
		return
	}
	slices.SortStableFunc(kept, func(a, b *cookie) int {
		if a.httpOnly != b.httpOnly {
			if b.httpOnly {
				return -1
			}
			return 1
		}
		return cmp.Compare(max(a.used.Load(), a.created.Unix()), max(b.used.Load(), b.created.Unix()))
	})
	for _, one := range kept {
		if total > maxPerJar || perDomain[one.domain] > maxPerDomain {
			d.drop = append(d.drop, one)
			perDomain[one.domain]--
			total--
		}
	}
	// What is left over is one response that sets more than there is room for: its last cookies stay.
	kept = nil
	for _, one := range d.put {
		if one.version == 1 && (perDomain[one.domain] > maxPerDomain || total > maxPerJar) {
			perDomain[one.domain]--
			total--
			continue
		}
		kept = append(kept, one)
	}
	d.put = kept
}
