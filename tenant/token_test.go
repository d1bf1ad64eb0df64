package tenant

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	order := []Role{RoleReader, RoleAnalyst, RoleOperator, RoleAdmin}
	for i, have := range order {
		for j, need := range order {
			if got := have.Allows(need); got != (i >= j) {
				t.Errorf("%s allows %s: %v", have, need, got)
			}
		}
		if have.Allows(RoleDevices) != (have == RoleAdmin) || RoleDevices.Allows(have) {
			t.Errorf("%s and devices: %v, %v", have, have.Allows(RoleDevices), RoleDevices.Allows(have))
		}
		if have.Allows("") || have.Allows("root") || Role("").Allows(have) || Role("root").Allows(have) {
			t.Errorf("%s and what is no role allow each other", have)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		expires time.Time
		want    bool
	}{{time.Time{}, true}, {now.Add(time.Nanosecond), true}, {now, false}, {now.Add(-time.Hour), false}} {
		if got := (&Token{Expires: c.expires}).Live(now); got != c.want {
			t.Errorf("live until %s: %v", c.expires, got)
		}
	}
	for _, c := range []struct {
		of   string
		id   string
		want bool
	}{{"contoso", "contoso", true}, {"contoso", "fabrikam", false}, {Everywhere, "contoso", true}, {"", "", false}, {"", "contoso", false}, {"contoso", "", false}} {
		if got := (&Token{Tenant: c.of}).Reaches(model.TenantID(c.id)); got != c.want {
			t.Errorf("a token of %q reaches %q: %v", c.of, c.id, got)
		}
	}
	secret := Token{ID: "tok-1", Name: "n", Hash: HashToken("referee_x")}
	if text := fmt.Sprint(secret.LogValue()); strings.Contains(text, secret.Hash) {
		t.Errorf("logs show %s", text)
	}
}
