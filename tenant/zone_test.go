package tenant

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
)

func TestZone(t *testing.T) {
	t.Parallel()
	winter, summer := time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC), time.Date(2026, 7, 15, 7, 0, 0, 0, time.UTC)
	for name, want := range map[string][2]int{
		"": {7, 7}, "UTC": {7, 7}, "Europe/Copenhagen": {8, 9}, "America/Argentina/Buenos_Aires": {4, 4}, "Asia/Kathmandu": {12, 12}, "Etc/GMT-3": {10, 10},
	} {
		l, err := location(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := [2]int{winter.In(l).Hour(), summer.In(l).Hour()}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"Local", "Copenhagen", "CEST", "+01:00", "../../etc/passwd", "/etc/localtime", " UTC", "Europe/Copenhagen\x00", strings.Repeat("A/", 100)} {
		v := contoso()
		v.Zone = name
		err := v.Validate()
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "timeZone") || !strings.Contains(err.Error(), "time zone") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// listed is a store that lists tenants.
type listed struct {
	Store
	all []Tenant
}

func (s listed) Tenants(context.Context) ([]Tenant, error) { return s.all, nil }

// TestDirectoryZone: each tenant has its own, and a name that nobody has is UTC.
func TestDirectoryZone(t *testing.T) {
	t.Parallel()
	one, two := contoso(), contoso()
	one.Zone, two.ID = "Australia/Adelaide", "fabrikam"
	d := NewDirectory()
	if err := d.Reload(t.Context(), listed{all: []Tenant{one, two}}); err != nil {
		t.Fatal(err)
	}
	if d.Location("contoso").String() != "Australia/Adelaide" || d.Location("fabrikam") != time.UTC || d.Location("nobody") != time.UTC {
		t.Errorf("%v %v %v", d.Location("contoso"), d.Location("fabrikam"), d.Location("nobody"))
	}
}
