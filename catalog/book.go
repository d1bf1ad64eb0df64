package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Book is an immutable snapshot of all tenants' instances, made for look-up on every request. All methods are
// safe for concurrent use.
type Book struct {
	suffix string // with ":port" unless 443
	name   string // suffix without port
	port   string // ":8443", or ""
	epoch  int64

	byMapped map[string]*Target
	tenants  map[model.TenantID]*shelf
}

type shelf struct {
	byReal    map[string]*Target
	instances map[model.InstanceID]*Instance
	targets   []*Target
}

// Target is one mapped host and what stands behind it. It is shared: read only.
type Target struct {
	Tenant   model.TenantID
	Instance *Instance
	Host     *Host
	App      App
	Mapped   string // as in a Host header, without token: with ":port" unless 443
	Real     string // the same form
	Upstream string // "ip:port" to connect to, "" for what DNS says
}

// NewBook makes a book for hosts under a suffix, such as "gate.example.com" or "gate.localhost:8443". Every
// instance must be valid. A host or label that two instances of one tenant claim, or a real host under the
// suffix, is a mistake; two tenants may map the same real host.
func NewBook(suffix string, instances []Instance) (*Book, error) {
	b := &Book{suffix: suffix, byMapped: map[string]*Target{}, tenants: map[model.TenantID]*shelf{}}
	var found filter.Mistakes
	name, port, ok := splitReal(suffix)
	if !ok || !strings.Contains(name, ".") {
		return nil, &fault.Error{
			Kind: fault.Invalid, Op: "catalog.NewBook", Key: suffix, Msg: "the suffix is not a host name of two labels or more",
			Help: "write it in lower case, with \":port\" unless the port is 443",
		}
	}
	b.name = name
	if port != "" {
		b.port = ":" + port
	}
	for i := range instances {
		in := instances[i] // a copy: the caller's may change later
		if err := in.Validate(); err != nil {
			return nil, fault.Wrap(err, "catalog.NewBook", string(in.Tenant))
		}
		in.Hosts = slices.Clone(in.Hosts)
		found = append(found, b.add(&in)...)
	}
	if len(found) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "catalog.NewBook", Err: found}
	}
	for _, s := range b.tenants {
		slices.SortFunc(s.targets, func(a, b *Target) int { return cmp.Compare(a.Real, b.Real) })
	}
	return b, nil
}

func (b *Book) add(in *Instance) (found filter.Mistakes) {
	s := b.tenants[in.Tenant]
	if s == nil {
		s = &shelf{byReal: map[string]*Target{}, instances: map[model.InstanceID]*Instance{}}
		b.tenants[in.Tenant] = s
	}
	if _, twice := s.instances[in.ID]; twice {
		found = append(found, filter.Mistake{Path: string(in.ID), Reason: "there are two instances of this id"})
	}
	s.instances[in.ID] = in
	if !in.Routed() {
		return found
	}
	app, _ := AppByKey(in.App)
	for i := range in.Hosts {
		h, path := &in.Hosts[i], fmt.Sprintf("%s.hosts[%d]", in.ID, i)
		t := &Target{Tenant: in.Tenant, Instance: in, Host: h, App: app, Real: h.Name, Upstream: in.Origins[h.Name]}
		full := h.Prefix() + "." + string(in.Tenant) + "." + b.name
		t.Mapped = full + b.port
		realName, _, _ := splitReal(h.Name)
		switch other, claimed := s.byReal[h.Name], b.byMapped[t.Mapped]; {
		case realName == b.name || strings.HasSuffix(realName, "."+b.name):
			found = append(found, filter.Mistake{Path: path, Reason: h.Name + " is itself under the suffix"})
		case len(full)+tokenLen+len(separator) > 253:
			found = append(found, filter.Mistake{Path: path, Reason: h.Name + " makes a mapped name longer than 253 characters"})
		case other != nil:
			found = append(found, filter.Mistake{Path: path, Reason: fmt.Sprintf("%s belongs to %q", h.Name, other.Instance.ID)})
		case claimed != nil:
			found = append(found, filter.Mistake{
				Path: path, Reason: fmt.Sprintf("label %q belongs to %s of %q", h.Prefix(), claimed.Real, claimed.Instance.ID),
				Advice: "give one of them another label",
			})
		default:
			s.byReal[h.Name], b.byMapped[t.Mapped] = t, t
			s.targets = append(s.targets, t)
		}
	}
	return found
}

// Find looks up what a Host header names. token is set when the host was reached through an app session's
// label; whether the token is good, the session cache tells. An anonymous host is also found without a token:
// the caller then asks for a cookie as for any other host.
func (b *Book) Find(host string) (t *Target, token string, ok bool) {
	if t := b.byMapped[host]; t != nil {
		return t, "", true
	}
	host = b.normal(host)
	if t := b.byMapped[host]; t != nil {
		return t, "", true
	}
	token, rest, has := cutToken(host)
	if !has {
		return nil, "", false
	}
	if t := b.byMapped[rest]; t != nil && t.Host.Role == RoleAnonymous {
		return t, token, true
	}
	return nil, "", false
}

// normal is a host in lower case and without the port 443. Nothing else is mended: a final dot or a strange
// character makes another host, which is refused.
func (b *Book) normal(host string) string {
	host = strings.ToLower(host) // gives back the same string when there is nothing to do
	if b.port == "" {
		host = strings.TrimSuffix(host, ":443")
	}
	return host
}

// TenantOf tells whose host this would be, by its place under the suffix alone: for the page that refuses an
// unknown label. False when it is no host of a tenant with instances.
func (b *Book) TenantOf(host string) (model.TenantID, bool) {
	rest, ok := strings.CutSuffix(b.normal(host), b.name+b.port)
	if !ok || !strings.HasSuffix(rest, ".") {
		return "", false
	}
	rest = rest[:len(rest)-1]
	tenant := model.TenantID(rest[strings.LastIndexByte(rest, '.')+1:])
	_, ok = b.tenants[tenant]
	return tenant, ok
}

// Lookup finds the host of a tenant by label: what stands before the tenant in a mapped name.
func (b *Book) Lookup(tenant model.TenantID, label string) (*Instance, *Host, bool) {
	return b.ByHost(tenant, label+"."+string(tenant)+"."+b.suffix)
}

// ByHost finds the host of a tenant by its mapped name; a host of another tenant is not found.
func (b *Book) ByHost(tenant model.TenantID, mapped string) (*Instance, *Host, bool) {
	t, _, ok := b.Find(mapped)
	if !ok || t.Tenant != tenant {
		return nil, nil, false
	}
	return t.Instance, t.Host, true
}

// Target finds a host of a tenant by its real name, with ":port" unless 443.
func (b *Book) Target(tenant model.TenantID, real string) (*Target, bool) {
	s := b.tenants[tenant]
	if s == nil {
		return nil, false
	}
	if t := s.byReal[real]; t != nil {
		return t, true
	}
	t := s.byReal[realHost(real)]
	return t, t != nil
}

// Mapped returns the mapped name of a real host.
func (b *Book) Mapped(tenant model.TenantID, real string) (string, bool) {
	t, ok := b.Target(tenant, real)
	if !ok {
		return "", false
	}
	return t.Mapped, true
}

// MappedWith is Mapped with the token of an app session before the label of an anonymous host.
func (b *Book) MappedWith(tenant model.TenantID, real, token string) (string, bool) {
	t, ok := b.Target(tenant, real)
	switch {
	case !ok:
		return "", false
	case t.Host.Role != RoleAnonymous || token == "":
		return t.Mapped, true
	}
	return token + separator + t.Mapped, true
}

// Real returns the real name of a mapped host, with or without token.
func (b *Book) Real(tenant model.TenantID, mapped string) (string, bool) {
	t, _, ok := b.Find(mapped)
	if !ok || t.Tenant != tenant {
		return "", false
	}
	return t.Real, true
}

// Targets lists a tenant's mapped hosts by real name; shared, read only.
func (b *Book) Targets(tenant model.TenantID) []*Target {
	if s := b.tenants[tenant]; s != nil {
		return s.targets
	}
	return nil
}

// Instance finds an instance by id, routed or not.
func (b *Book) Instance(tenant model.TenantID, id model.InstanceID) (*Instance, bool) {
	s := b.tenants[tenant]
	if s == nil {
		return nil, false
	}
	in, ok := s.instances[id]
	return in, ok
}

// Instances lists a tenant's instances by id.
func (b *Book) Instances(tenant model.TenantID) []*Instance {
	s := b.tenants[tenant]
	if s == nil {
		return nil
	}
	out := make([]*Instance, 0, len(s.instances))
	for _, in := range s.instances {
		out = append(out, in)
	}
	slices.SortFunc(out, func(a, b *Instance) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// CertNames lists the wildcard names that a certificate for a tenant's hosts needs: one for the flat labels and
// one for each parent of a dotted host, since a wildcard stands for one label.
func (b *Book) CertNames(tenant model.TenantID) []string {
	base := string(tenant) + "." + b.name
	out := []string{"*." + base}
	for _, t := range b.Targets(tenant) {
		if _, parent, ok := strings.Cut(t.Host.Name, "."); ok && t.Host.Dotted {
			out = append(out, "*."+parent+"."+base)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Suffix returns what mapped hosts end in, with ":port" unless 443.
func (b *Book) Suffix() string { return b.suffix }

// Epoch grows with each book that a [Live] takes.
func (b *Book) Epoch() int64 { return b.epoch }
