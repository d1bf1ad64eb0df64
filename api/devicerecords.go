package api

import (
	"context"
	"strings"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

type (
	InDevice struct {
		InTenant
		Device string `path:"device" maxLength:"128" doc:"Id of the device as its certificate or claim proves it; for Entra, the device id."`
	}
	recordBody struct {
		Tags     []model.DeviceTag `json:"tags,omitempty" enum:"managed,compliant,hybridJoined,unmanaged" doc:"What the device is."`
		Facts    map[string]any    `json:"facts,omitempty" doc:"Attributes in the names of Entra's filter for devices; null for one that is known to have no value."`
		Evidence string            `json:"evidence,omitempty" maxLength:"500" doc:"Shown in activities: which check, which report."`
		Expires  time.Time         `json:"expires" doc:"Until when it holds; at most seven days ahead."`
	}
	recordRow struct {
		Device   string            `json:"device"`
		Source   string            `json:"source" doc:"Name of the token that said it."`
		Tags     []model.DeviceTag `json:"tags,omitempty"`
		Facts    map[string]any    `json:"facts,omitempty"`
		Evidence string            `json:"evidence,omitempty"`
		At       time.Time         `json:"at"`
		Expires  time.Time         `json:"expires"`
	}
	recordAnswer struct{ Body recordRow }
)

// toRecordRow writes the attributes that are known, by Entra's names.
func toRecordRow(r device.Record) recordRow {
	row := recordRow{Device: r.Device, Source: r.Source, Tags: r.Tags, Evidence: r.Evidence, At: r.At, Expires: r.Expires}
	for _, name := range model.DeviceAttributes() {
		values, known := r.Facts.Attribute(name)
		if !known {
			continue
		}
		if row.Facts == nil {
			row.Facts = map[string]any{}
		}
		switch {
		case len(values) == 0:
			row.Facts[name] = nil
		case name == "isCompliant":
			row.Facts[name] = values[0] == "True"
		case name == "physicalIds" || name == "systemLabels":
			row.Facts[name] = values
		default:
			row.Facts[name] = values[0]
		}
	}
	return row
}

// factsOf reads attributes by Entra's names: texts, truth values, lists of texts, or null.
func factsOf(in map[string]any) (model.DeviceFacts, error) {
	var facts model.DeviceFacts
	for name, v := range in {
		var values []string
		ok := true
		switch v := v.(type) {
		case nil:
		case string:
			values = []string{v}
		case bool:
			values = []string{map[bool]string{true: "true", false: "false"}[v]}
		case []any:
			for _, e := range v {
				s, text := e.(string)
				values, ok = append(values, s), ok && text
			}
		default:
			ok = false
		}
		if !ok || !facts.Set(name, values...) {
			return facts, &fault.Error{Kind: fault.Invalid, Op: "api.device", Key: "facts." + name, Msg: "there is no such attribute, or it does not take this value", Help: "use: " + strings.Join(model.DeviceAttributes(), ", ")}
		}
	}
	return facts, nil
}

// source is who says something of a device: the token's name, so that a token's successor of the same name goes on.
func (c *caller) source() string {
	if c.Token.Tenant == tenant.Everywhere {
		return "installation/" + c.Token.Name
	}
	if strings.Contains(c.Token.Name, "/") { // from before names were held to have none: it must not pass for the installation's
		return "tenant/" + c.Token.Name
	}
	return c.Token.Name
}

func (a *API) listDevices(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
	Device string `query:"device" maxLength:"128" doc:"Only this device's."`
},
) (*list[recordRow], error) {
	all, err := a.Devices.Records(ctx, c.Tenant, strings.ToLower(in.Device), a.Now())
	if err != nil {
		return nil, err
	}
	rows := make([]recordRow, len(all))
	for i, r := range all {
		rows[i] = toRecordRow(r)
	}
	return pageOf(rows, in.Paging, func(r recordRow) string { return r.Device + " " + r.Source })
}

func (a *API) putDevice(ctx context.Context, c *caller, in *struct {
	InDevice
	Body recordBody
},
) (*recordAnswer, error) {
	facts, err := factsOf(in.Body.Facts)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	r := device.Record{
		Tenant: c.Tenant, Device: strings.ToLower(in.Device), Source: c.source(), Tags: in.Body.Tags, Facts: facts, Evidence: in.Body.Evidence, At: now, Expires: in.Body.Expires,
	}
	if err := r.Validate(now); err != nil {
		return nil, err
	}
	if err := a.change(ctx, c, deviceEntry(r.Device, "device.put", map[string]any{"tags": r.Tags, "expires": r.Expires}), func() error { return a.Devices.PutRecord(ctx, r) }); err != nil {
		return nil, err
	}
	return &recordAnswer{toRecordRow(r)}, nil
}

func (a *API) deleteDevice(ctx context.Context, c *caller, in *struct {
	InDevice
	Source string `query:"source" maxLength:"200" doc:"Whose word, for administrators; the token's own without it."`
},
) (*nothing, error) {
	who := c.source()
	if in.Source != "" && in.Source != who {
		if !c.Token.Role.Allows(tenant.RoleAdmin) {
			return nil, &fault.Error{Kind: fault.Denied, Op: "api.deleteDevice", Key: in.Source, Msg: "another system's word takes the role admin"}
		}
		who = in.Source
	}
	id := strings.ToLower(in.Device)
	err := a.change(ctx, c, deviceEntry(id, "device.delete", map[string]any{"source": who}), func() error { return a.Devices.DeleteRecord(ctx, c.Tenant, id, who) })
	return &nothing{}, err
}

func deviceEntry(id, action string, detail map[string]any) entry {
	return entry{kind: model.ActivityAdmin, action: action, objects: []model.Object{{Type: "device", ID: id, Name: id}}, detail: detail}
}
