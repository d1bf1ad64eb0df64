package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

// Intake: rows come back in their order with the newest positions, month by month and tenant by tenant, until they are
// released.
func Intake(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	const october, november activitylog.Month = "2026-10", "2026-11"
	hold := func(who model.TenantID, month activitylog.Month, partition int, last uint64, records ...string) {
		t.Helper()
		if err := e.Hold(ctx, who, month, partition, last, bytesOf(records...)); err != nil {
			t.Fatal(err)
		}
	}
	hold("contoso", november, 0, 4, "b", "a")
	hold("contoso", november, 3, 1<<63+7, "c")
	hold("fabrikam", november, 0, 9, "of fabrikam")
	hold("contoso", october, 0, 1, "of october")
	hold("contoso", november, 0, 5) // a position without rows
	hold("gone", november, 0, 1, "of a tenant that is gone")

	check := func(who model.TenantID, month activitylog.Month, stored activitylog.Held) {
		t.Helper()
		got, err := e.Held(ctx, who, month)
		want(t, "held of "+string(who)+" "+string(month), got, err, stored)
	}
	check("contoso", november, activitylog.Held{Records: bytesOf("b", "a", "c"), Positions: map[int]uint64{0: 5, 3: 1<<63 + 7}})
	check("fabrikam", november, activitylog.Held{Records: bytesOf("of fabrikam"), Positions: map[int]uint64{0: 9}})
	check("fabrikam", october, activitylog.Held{Positions: map[int]uint64{}})

	if err := e.Release(ctx, "contoso", november); err != nil {
		t.Fatal(err)
	}
	check("contoso", november, activitylog.Held{Positions: map[int]uint64{}})
	check("contoso", october, activitylog.Held{Records: bytesOf("of october"), Positions: map[int]uint64{0: 1}})
	all, err := e.Holding(ctx)
	slices.SortFunc(all, func(a, b activitylog.Holding) int { return strings.Compare(string(a.Tenant), string(b.Tenant)) })
	want(t, "months with rows", all, err, []activitylog.Holding{{Tenant: "contoso", Month: october, Rows: 1}, {Tenant: "fabrikam", Month: november, Rows: 1}, {Tenant: "gone", Month: november, Rows: 1}})
}

func bytesOf(texts ...string) [][]byte {
	var out [][]byte
	for _, s := range texts {
		out = append(out, []byte(s))
	}
	return out
}
