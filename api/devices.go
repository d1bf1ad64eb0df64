package api

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

type (
	authorityList struct {
		Body struct {
			Authorities []device.Authority `json:"authorities"`
			Lists       []crlBody          `json:"revocationLists"`
		}
	}
	authorityInput struct {
		InTenant
		Body struct {
			Certificate string `json:"certificate" maxLength:"400000" doc:"PEM, or DER in base64."`
		}
	}
	listInput struct {
		InTenant
		Body struct {
			List string `json:"list" maxLength:"400000" doc:"PEM, or DER in base64. It takes the place of the same issuer's."`
		}
	}
	crlBody struct {
		Issuer     string    `json:"issuer"`
		ThisUpdate time.Time `json:"thisUpdate"`
		NextUpdate time.Time `json:"nextUpdate"`
		Entries    int       `json:"entries"`
		Expired    bool      `json:"expired" doc:"It counts for nothing: devices of this issuer are unknown."`
	}
)

func (a *API) registerDevices(r *registrar) {
	handle(r, "device-ca-list", a.listAuthorities)
	handle(r, "device-ca-add", a.addAuthority)
	handle(r, "device-ca-remove", a.removeAuthority)
	handle(r, "device-crl-put", a.putCRL)
	handle(r, "device-list", a.listDevices)
	handle(r, "device-put", a.putDevice)
	handle(r, "device-delete", a.deleteDevice)
}

func (a *API) listAuthorities(ctx context.Context, c *caller, _ *struct{ InTenant }) (*authorityList, error) {
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	return a.authorities(t), nil
}

func (a *API) authorities(t tenant.Tenant) *authorityList {
	now := a.Now()
	out := &authorityList{}
	out.Body.Authorities, out.Body.Lists = device.Describe(t.Device.CAs, now), []crlBody{}
	for _, text := range t.Device.Certificate.CRLs {
		if l, err := device.ReadCRL([]byte(text)); err == nil {
			out.Body.Lists = append(out.Body.Lists, crlBody{l.Issuer, l.ThisUpdate, l.NextUpdate, l.Entries, !now.Before(l.NextUpdate)})
		}
	}
	return out
}

// upload is a file as it came: PEM text, or DER in base64.
func upload(text string) []byte {
	if !strings.Contains(text, "-----BEGIN") {
		if der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
			return der
		}
	}
	return []byte(text)
}

func (a *API) addAuthority(ctx context.Context, c *caller, in *authorityInput) (*authorityList, error) {
	fresh, err := device.ReadAuthorities(upload(in.Body.Certificate), a.Now())
	if err != nil {
		return nil, err
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	have := device.Describe(t.Device.CAs, a.Now())
	for _, f := range fresh {
		if slices.ContainsFunc(have, func(h device.Authority) bool { return h.Fingerprint == f.Fingerprint }) {
			return nil, &fault.Error{Kind: fault.Conflict, Op: "api.addAuthority", Key: f.Fingerprint, Msg: "the authority " + f.Subject + " is there already"}
		}
		have = append(have, f)
		t.Device.CAs = append(slices.Clip(t.Device.CAs), f.PEM)
	}
	return a.storeDevice(ctx, c, t, "device.ca.add")
}

func (a *API) removeAuthority(ctx context.Context, c *caller, in *struct {
	InTenant
	Fingerprint string `path:"fingerprint" maxLength:"64" doc:"As in the list; its beginning will do where it is plain, from 8 characters on."`
},
) (*authorityList, error) {
	const op = "api.removeAuthority"
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	var kept []string
	found := 0
	want := strings.ToLower(strings.ReplaceAll(in.Fingerprint, ":", ""))
	for _, h := range device.Describe(t.Device.CAs, a.Now()) {
		if len(want) >= 8 && strings.HasPrefix(h.Fingerprint, want) {
			found++
			continue
		}
		kept = append(kept, h.PEM)
	}
	switch {
	case found == 0:
		return nil, &fault.Error{Kind: fault.NotFound, Op: op, Key: in.Fingerprint, Msg: "there is no such authority", Help: "list them with `referee device ca list`"}
	case found > 1:
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: in.Fingerprint, Msg: "several authorities begin like this", Help: "give more of the fingerprint"}
	}
	t.Device.CAs = kept
	return a.storeDevice(ctx, c, t, "device.ca.remove")
}

func (a *API) putCRL(ctx context.Context, c *caller, in *listInput) (*authorityList, error) {
	data := upload(in.Body.List)
	list, err := device.ReadCRL(data)
	if err != nil {
		return nil, err
	}
	if !a.Now().Before(list.NextUpdate) {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "api.putCRL", Key: list.Issuer, Msg: "the revocation list expired at " + list.NextUpdate.UTC().Format(time.RFC3339), Help: "upload the current one"}
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(data); block == nil {
		data = pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: data})
	}
	var kept []string
	for _, text := range t.Device.Certificate.CRLs {
		old, err := device.ReadCRL([]byte(text))
		switch {
		case err == nil && old.Issuer == list.Issuer && old.ThisUpdate.After(list.ThisUpdate):
			return nil, &fault.Error{Kind: fault.Conflict, Op: "api.putCRL", Key: list.Issuer, Msg: "a newer revocation list of this issuer is there, from " + old.ThisUpdate.UTC().Format(time.RFC3339)}
		case err != nil || old.Issuer != list.Issuer || !old.SamePoint(list):
			kept = append(kept, text)
		}
	}
	t.Device.Certificate.CRLs = append(kept, string(data))
	return a.storeDevice(ctx, c, t, "device.crl.put")
}

func (a *API) storeDevice(ctx context.Context, c *caller, t tenant.Tenant, action string) (*authorityList, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	out := &authorityList{}
	err := a.change(ctx, c, entry{
		tenants: []model.TenantID{t.ID}, kind: model.ActivityAdmin, action: action,
		objects: []model.Object{{Type: "tenant", ID: string(t.ID), Name: t.Name}},
	}, func() error {
		stored, err := a.Tenants.PutTenant(ctx, t)
		if err == nil {
			out = a.authorities(stored)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalCatalog, t.ID)
	return out, nil
}
