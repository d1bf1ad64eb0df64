package storetest

import (
	"testing"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func aRecord(id model.TenantID, name, source string) device.Record {
	return device.Record{
		Tenant: id, Device: name, Source: source, Tags: []model.DeviceTag{model.TagManaged}, Evidence: "record of " + string(id), At: start, Expires: start.Add(time.Hour),
		Facts: model.DeviceFacts{Model: model.FactOf("X1"), TrustType: model.NoValue[string]()},
	}
}

// Devices is the suite of [device.RecordStore].
func Devices(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	one, two, other := aRecord("contoso", "d1", "jamf"), aRecord("contoso", "d1", "edr"), aRecord("contoso", "d2", "jamf")
	for _, r := range []device.Record{one, two, other} {
		must(t, e.PutRecord(ctx, r))
	}
	got, err := e.Records(ctx, "contoso", "d1", start)
	want(t, "records of a device", got, err, []device.Record{two, one})
	got, err = e.Records(ctx, "contoso", "", start)
	want(t, "all records", got, err, []device.Record{two, one, other})
	got, err = e.Records(ctx, "fabrikam", "d1", start)
	want(t, "another tenant's", got, err, []device.Record(nil))
	one.Tags, one.Expires = []model.DeviceTag{model.TagUnmanaged}, start.Add(2*time.Hour)
	must(t, e.PutRecord(ctx, one))
	got, err = e.Records(ctx, "contoso", "d1", start.Add(time.Hour))
	want(t, "those that hold", got, err, []device.Record{one})
	wantKind(t, "a record of no tenant", e.PutRecord(ctx, aRecord("nobody", "d1", "jamf")), fault.NotFound)
	wantKind(t, "deleting another tenant's", e.DeleteRecord(ctx, "fabrikam", "d1", "jamf"), fault.NotFound)
	wantKind(t, "deleting another source's", e.DeleteRecord(ctx, "contoso", "d2", "edr"), fault.NotFound)
	must(t, e.DeleteRecord(ctx, "contoso", "d1", "jamf"))
	_, err = e.DeleteExpired(ctx, start.Add(3*time.Hour), 100)
	must(t, err)
	got, err = e.Records(ctx, "contoso", "", start)
	want(t, "after their end", got, err, []device.Record(nil))
	must(t, e.PutRecord(ctx, aRecord("fabrikam", "d1", "jamf")))
	must(t, e.DeleteTenant(ctx, "fabrikam"))
	got, err = e.Records(ctx, "fabrikam", "", start)
	want(t, "a deleted tenant's", got, err, []device.Record(nil))
}
