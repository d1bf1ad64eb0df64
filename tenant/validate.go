package tenant

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Bounds. A session without a sensible end is a mistake, not a wish.
const (
	minAbsolute = time.Minute
	maxAbsolute = 30 * 24 * time.Hour
	minIdle     = time.Minute
	minLease    = 10 * time.Second
	maxLease    = 24 * time.Hour
	maxText     = 10_000
)

var (
	colorPattern    = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	providerPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	contextPattern  = regexp.MustCompile(`^c[1-9][0-9]?$`)
	domainPattern   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)
)

// Validate reports every mistake: a fault.Invalid around [filter.Mistakes]. Ranges and locations are compiled,
// and report the first mistake of their own.
func (t *Tenant) Validate() error {
	v := &validation{}
	v.head(t)
	v.brand(t.Brand, t.Notice)
	v.lifetimes(t)
	if _, err := enrich.Compile(t.Ranges, t.Locations); err != nil {
		v.add("ranges", fault.Help(err), "%s", reason(err))
	}
	seen := map[model.ProviderID]int{}
	for i, p := range t.Providers {
		path := fmt.Sprintf("providers[%d]", i)
		v.provider(path, p)
		if j, twice := seen[p.ID]; twice {
			v.add(path+".id", "", "%q is also the id of providers[%d]", p.ID, j)
		}
		seen[p.ID] = i
	}
	v.homes(t)
	v.device(t.Device)
	v.stepUp(t.StepUp)
	v.breakGlass(t.BreakGlass)
	if err := t.Evidence.Validate(); err != nil {
		v.add("evidence", fault.Help(err), "%s", reason(err))
	}
	if len(v.found) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Op: "tenant.Validate", Key: string(t.ID), Err: v.found}
}

// reason is an error's own sentence, without the operation it was met in.
func reason(err error) string {
	if f, ok := err.(*fault.Error); ok && f.Msg != "" {
		if f.Key != "" && !strings.HasPrefix(f.Key, "[") {
			return f.Key + ": " + f.Msg
		}
		return f.Msg
	}
	return err.Error()
}

type validation struct{ found filter.Mistakes }

func (v *validation) add(path, advice, reason string, args ...any) {
	v.found = append(v.found, filter.Mistake{Path: path, Reason: fmt.Sprintf(reason, args...), Advice: advice})
}

func (v *validation) head(t *Tenant) {
	if err := t.ID.Validate(); err != nil {
		v.add("id", fault.Help(err), "%q must be 1 to 40 lower-case letters, digits or single hyphens", t.ID)
	}
	if strings.TrimSpace(t.Name) == "" || len(t.Name) > 200 {
		v.add("name", "", "a name of 1 to 200 characters is needed")
	}
	for i, d := range t.Domains {
		path := fmt.Sprintf("domains[%d]", i)
		switch {
		case !domainPattern.MatchString(d):
			v.add(path, `write it in lower case, such as "contoso.com"`, "%q is not a domain", d)
		case slices.Contains(t.Domains[:i], d):
			v.add(path, "", "%s is there twice", d)
		}
	}
	if _, err := location(t.Zone); err != nil {
		v.add("timeZone", fault.Help(err), "%s", reason(err))
	}
	if t.Default != "" && t.Default != Block && t.Default != Allow {
		v.add("default", `"block" or "allow"`, "there is no default behavior %q", t.Default)
	}
}

func (v *validation) brand(b Brand, n Notice) {
	if b.Color != "" && !colorPattern.MatchString(b.Color) {
		v.add("brand.color", `such as "#0067b8"`, "%q is not a color", b.Color)
	}
	if u, err := url.Parse(b.HelpURL); b.HelpURL != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		v.add("brand.helpUrl", "", "%q is not an https address", b.HelpURL)
	}
	for _, f := range []struct{ path, text string }{{"brand.name", b.Name}, {"brand.contact", b.Contact}, {"notice.title", n.Title}, {"notice.text", n.Text}} {
		if len(f.text) > maxText {
			v.add(f.path, "", "%d bytes are more than %d", len(f.text), maxText)
		}
	}
}

func (v *validation) lifetimes(t *Tenant) {
	abs, idle, lease := t.Session.Absolute.D(), t.Session.Idle.D(), t.Device.Lease.D()
	if abs != 0 && (abs < minAbsolute || abs > maxAbsolute) {
		v.add("session.absolute", "", "%v is not between %v and %v", abs, minAbsolute, maxAbsolute)
	}
	if full := t.WithDefaults(); idle != 0 && (idle < minIdle || idle > full.Session.Absolute.D()) {
		v.add("session.idle", "", "%v is not between %v and session.absolute", idle, minIdle)
	}
	if lease != 0 && (lease < minLease || lease > maxLease) {
		v.add("device.lease", "", "%v is not between %v and %v", lease, minLease, maxLease)
	}
	if u := t.Device.Unknown; u != "" && u != "unmanaged" && u != "unknown" {
		v.add("device.unknown", `"unmanaged" or "unknown"`, "an unknown device can't count as %q", u)
	}
}
