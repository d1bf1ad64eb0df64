package tenant

import (
	"strings"
	"time"
	_ "time/tzdata" // a zone is known on every machine, with system tables or without

	"github.com/referee-casb/referee/fault"
)

// location finds a time zone by its name in the IANA time zone database; "" is UTC. "Local" is refused: a tenant's
// working hours must not depend on the machine that a process runs on.
func location(name string) (*time.Location, error) {
	const help = `name one of the IANA time zones, such as "Europe/Copenhagen"; the default is UTC`
	if name == "Local" || strings.TrimSpace(name) != name || len(name) > 100 {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "tenant.Zone", Msg: "this is no time zone", Key: name, Help: help}
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "tenant.Zone", Msg: "this is no time zone", Key: name, Help: help}
	}
	return l, nil
}

// Place is the tenant's time zone; UTC where its setting names none that this machine knows.
func (t Tenant) Place() *time.Location {
	if l, err := location(t.Zone); err == nil {
		return l
	}
	return time.UTC
}
