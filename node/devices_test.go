package node

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/device/intune"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

type someTenants struct {
	tenant.Store
	list []tenant.Tenant
}

func (s someTenants) Tenants(context.Context) ([]tenant.Tenant, error) { return s.list, nil }

type someRecords struct {
	device.RecordStore
	list []device.Record
	err  error
}

func (s someRecords) Records(_ context.Context, t model.TenantID, id string, _ time.Time) ([]device.Record, error) {
	return slices.DeleteFunc(slices.Clone(s.list), func(r device.Record) bool { return r.Tenant != t || r.Device != id }), s.err
}

// TestLookup joins Intune's word with that of other management systems.
func TestLookup(t *testing.T) {
	t.Parallel()
	const laptop = "8f1c0000-0000-4000-8000-00000000aaaa"
	state, down := "compliant", false
	graph := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case down:
			w.WriteHeader(http.StatusBadGateway)
		case strings.HasSuffix(r.URL.Path, "/token"):
			_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3599,"access_token":"a"}`))
		case strings.HasSuffix(r.URL.Path, "/managedDevices"):
			_, _ = w.Write([]byte(`{"value":[{"azureADDeviceId":"` + laptop + `","complianceState":"` + state + `"}]}`))
		default:
			_, _ = w.Write([]byte(`{"deviceId":"` + laptop + `","trustType":"ServerAd","extensionAttributes":{"extensionAttribute1":"SAW"}}`))
		}
	}))
	t.Cleanup(graph.Close)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	contoso := tenant.Tenant{ID: "contoso", Name: "Contoso", Device: tenant.Device{Intune: &tenant.Intune{Tenant: "contoso.example", ClientID: "c", SecretFile: secret, Login: graph.URL, Graph: graph.URL}}}
	dir := tenant.NewDirectory()
	if err := dir.Reload(t.Context(), someTenants{list: []tenant.Tenant{contoso, {ID: "fabrikam", Name: "Fabrikam"}}}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	record := device.Record{Tenant: "fabrikam", Device: laptop, Source: "jamf", Tags: []model.DeviceTag{model.TagManaged}, At: now, Expires: now.Add(time.Hour)}
	look := func(id model.TenantID, records someRecords) []model.DeviceTag {
		l := lookup{dir, records, intune.New(graph.Client(), time.Now), slog.New(slog.DiscardHandler)}
		return device.Tags(l.LookUp(t.Context(), id, laptop, now), time.Now(), false)
	}
	one := someRecords{list: []device.Record{record}}
	for _, c := range []struct {
		name    string
		id      model.TenantID
		state   string
		down    bool
		records someRecords
		want    []model.DeviceTag
	}{
		{"compliant and hybrid joined", "contoso", "compliant", false, one, []model.DeviceTag{model.TagIntuneCompliant, model.TagHybridJoined, model.TagManaged}},
		{"not compliant", "contoso", "noncompliant", false, one, []model.DeviceTag{model.TagUnmanaged}},
		{"Graph is down", "contoso", "compliant", true, one, []model.DeviceTag{model.TagUnknown}},
		{"another tenant's records and no Intune", "fabrikam", "compliant", false, one, []model.DeviceTag{model.TagManaged}},
		{"records can't be read", "fabrikam", "compliant", false, someRecords{err: errors.New("down")}, []model.DeviceTag{model.TagUnknown}},
		{"no such tenant", "nobody", "compliant", false, one, []model.DeviceTag{model.TagUnknown}},
	} {
		state, down = c.state, c.down
		if got := look(c.id, c.records); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
