package storetest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func aTypeRevision(tenant model.TenantID, id string, number int64) own.Revision {
	return own.Revision{
		Tenant: tenant, ID: id, Number: number, Kind: own.KindType, Name: "Case number", Text: fmt.Appendf(nil, "id: %s # %d\n", id, number), Author: "ada", Time: start, Comment: "first",
	}
}

// InfoTypes is the suite of [own.Store].
func InfoTypes(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	list, epoch, err := e.Types(ctx, "contoso")
	want(t, "types of a new tenant", list, err, nil)
	want(t, "epoch of a new tenant", epoch, err, 0)
	put := func(r ...own.Revision) (int64, error) {
		epoch, err := e.TypesEpoch(ctx, "contoso")
		must(t, err)
		return e.PutTypes(ctx, "contoso", epoch, r)
	}
	one, two := aTypeRevision("contoso", "one", 1), aTypeRevision("contoso", "two", 1)
	epoch, err = put(two, one)
	want(t, "epoch after the first", epoch, err, 1)
	list, epoch, err = e.Types(ctx, "contoso")
	want(t, "types", list, err, []own.Revision{one, two})
	want(t, "their epoch", epoch, err, 1)
	_, err = e.PutTypes(ctx, "contoso", 0, []own.Revision{aTypeRevision("contoso", "three", 1)})
	wantKind(t, "a change of an old epoch", err, fault.Conflict)
	for what, bad := range map[string][]own.Revision{
		"the same revision": {aTypeRevision("contoso", "one", 1)}, "a gap": {aTypeRevision("contoso", "one", 3)},
		"one good, one bad": {aTypeRevision("contoso", "one", 2), aTypeRevision("contoso", "two", 1)},
	} {
		_, err := put(bad...)
		wantKind(t, what, err, fault.Conflict)
	}
	if _, err := put(aTypeRevision("fabrikam", "one", 1)); err == nil {
		t.Error("a revision of another tenant was stored")
	}
	gone := own.Revision{Tenant: "contoso", ID: "one", Number: 2, Kind: own.KindType, Deleted: true, Author: "eve", Time: start}
	_, err = put(gone)
	must(t, err)
	list, epoch, err = e.Types(ctx, "contoso")
	want(t, "types after a deletion", list, err, []own.Revision{two})
	want(t, "epoch after a deletion", epoch, err, 2)
	history, err := e.TypeHistory(ctx, "contoso", "one")
	want(t, "history", history, err, []own.Revision{gone, one})
	_, err = e.TypeHistory(ctx, "fabrikam", "one")
	wantKind(t, "history of another tenant's", err, fault.NotFound)
	for n := int64(2); n <= own.Kept+3; n++ {
		_, err = put(aTypeRevision("contoso", "two", n))
		must(t, err)
	}
	history, err = e.TypeHistory(ctx, "contoso", "two")
	must(t, err)
	for _, r := range history {
		if old := r.Number <= 3; old != (len(r.Text) == 0) || !old && !bytes.Equal(r.Text, aTypeRevision("contoso", "two", r.Number).Text) {
			t.Errorf("revision %d has text %q", r.Number, r.Text)
		}
	}
	epoch, err = e.TypesEpoch(ctx, "contoso")
	must(t, err)
	if won := race(t, 20, fault.Conflict, func(ctx context.Context, i int) error {
		_, err := e.PutTypes(ctx, "contoso", epoch, []own.Revision{aTypeRevision("contoso", fmt.Sprint("racer", i), 1)})
		return err
	}); won != 1 {
		t.Errorf("%d of 20 changed one epoch", won)
	}
	list, epoch, err = e.Types(ctx, "fabrikam")
	want(t, "another tenant's types", list, err, nil)
	want(t, "another tenant's epoch", epoch, err, 0)
}

// InfoTables is the suite of [own.TableStore].
func InfoTables(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	row := func(tenant model.TenantID, id string, version int64) own.TableRow {
		return own.TableRow{Tenant: tenant, ID: id, Version: version, Digest: "d", Rows: 5_000_000_000, Bytes: 7, SHA256: "s", Key: []byte("sealed for " + tenant), Author: "ada", Time: start}
	}
	list, err := e.TableRows(ctx, "contoso")
	want(t, "tables of a new tenant", list, err, nil)
	wantKind(t, "a first version that is not 1", e.PutTable(ctx, row("contoso", "b", 2)), fault.Conflict)
	must(t, e.PutTable(ctx, row("contoso", "b", 1)))
	must(t, e.PutTable(ctx, row("contoso", "a", 1)))
	wantKind(t, "the same version", e.PutTable(ctx, row("contoso", "b", 1)), fault.Conflict)
	must(t, e.PutTable(ctx, row("contoso", "b", 2)))
	list, err = e.TableRows(ctx, "contoso")
	want(t, "tables", list, err, []own.TableRow{row("contoso", "a", 1), row("contoso", "b", 2)})
	epoch, err := e.TypesEpoch(ctx, "contoso")
	want(t, "the epoch of the types", epoch, err, 3)
	_, err = e.TableRow(ctx, "fabrikam", "a")
	wantKind(t, "another tenant's table", err, fault.NotFound)
	wantKind(t, "deleting another tenant's table", e.DeleteTable(ctx, "fabrikam", "a"), fault.NotFound)
	must(t, e.DeleteTable(ctx, "contoso", "a"))
	one, err := e.TableRow(ctx, "contoso", "b")
	want(t, "a table", one, err, row("contoso", "b", 2))
	_, err = e.TableRow(ctx, "contoso", "a")
	wantKind(t, "a deleted table", err, fault.NotFound)
	wantKind(t, "a table of no tenant", e.PutTable(ctx, row("nobody", "a", 1)), fault.NotFound)
	epoch, err = e.TypesEpoch(ctx, "contoso")
	want(t, "the epoch after a deletion", epoch, err, 4)
}
