package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
)

func aDiscovered(host, kind string, at time.Time) catalog.Discovered {
	return catalog.Discovered{Instance: "files", Host: host, Kinds: []string{kind}, First: at, Last: at, Times: 1}
}

// DiscoveredHosts is the suite of [catalog.DiscoveredStore].
func DiscoveredHosts(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	must(t, e.AddDiscovered(ctx, "contoso", []catalog.Discovered{aDiscovered("early.example", "img", start)})) // of an instance that isn't there
	must(t, e.PutInstance(ctx, anInstance("contoso", "files", "files.example")))
	must(t, e.PutInstance(ctx, anInstance("fabrikam", "files", "files.example")))
	got, err := e.Discovered(ctx, "contoso", "files")
	want(t, "hosts of a new instance", got, err, nil)
	later := start.Add(time.Hour)
	must(t, e.AddDiscovered(ctx, "contoso", []catalog.Discovered{aDiscovered("b.example", "script", later), aDiscovered("a.example", "img", start)}))
	must(t, e.AddDiscovered(ctx, "contoso", []catalog.Discovered{aDiscovered("b.example", "fetch", start)}))
	got, err = e.Discovered(ctx, "contoso", "files")
	want(t, "hosts", got, err, []catalog.Discovered{
		aDiscovered("a.example", "img", start),
		{Instance: "files", Host: "b.example", Kinds: []string{"fetch", "script"}, First: start, Last: later, Times: 2},
	})
	got, err = e.Discovered(ctx, "fabrikam", "files")
	want(t, "another tenant's hosts", got, err, nil)

	var many []catalog.Discovered
	for i := range catalog.MaxDiscovered + 50 {
		many = append(many, aDiscovered(fmt.Sprintf("h%04d.example", i), "img", start))
	}
	must(t, e.AddDiscovered(ctx, "contoso", many))
	if got, err = e.Discovered(ctx, "contoso", "files"); err != nil || len(got) != catalog.MaxDiscovered {
		t.Errorf("%d hosts are kept, %v", len(got), err)
	}
	must(t, e.AddDiscovered(ctx, "contoso", []catalog.Discovered{aDiscovered("a.example", "img", later)}))
	if got, err = e.Discovered(ctx, "contoso", "files"); err != nil || got[0].Times != 2 {
		t.Errorf("a known host does not count on when the list is full: %+v, %v", got[0], err)
	}
	must(t, e.DeleteInstance(ctx, "contoso", "files"))
	must(t, e.PutInstance(ctx, anInstance("contoso", "files", "files.example")))
	got, err = e.Discovered(ctx, "contoso", "files")
	want(t, "hosts after the instance was deleted", got, err, nil)
}
