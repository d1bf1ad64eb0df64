package template

import (
	"fmt"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

var routeUnmanaged = Template{
	ID: "route_unmanaged", Title: "Route unmanaged devices through session control",
	Doc:    "Conditional Access for session policies to stand on: browsers on unmanaged devices go through the gateway, other programs on them are refused.",
	Params: []Param{paramApp},
	build:  routing,
}

// routing is the pair of Conditional Access policies that send unmanaged browsers through the gateway and close
// the way around it.
func routing(v Values) []*policy.Document {
	devices := policy.Devices{Mode: policy.DevicesInclude, Tags: []model.DeviceTag{model.TagUnmanaged}, Unknown: model.TagUnmanaged}
	everybody := policy.Users{Include: []string{policy.All}}
	return []*policy.Document{
		access(v, "route-unmanaged", "Route unmanaged devices through session control", everybody, policy.ConditionalAccess{
			ClientApps: []model.ClientApp{model.ClientBrowser}, Devices: devices, Session: "mcasConfigured",
		}),
		access(v, "block-native-unmanaged", "Block sync clients and mobile apps on unmanaged devices", everybody, policy.ConditionalAccess{
			ClientApps: []model.ClientApp{model.ClientNative}, Devices: devices,
			Grant: policy.Grant{Controls: []policy.GrantControl{policy.GrantBlock}},
		}),
	}
}

// access makes a Conditional Access document about the apps of the parameters.
func access(v Values, id, name string, who policy.Users, c policy.ConditionalAccess) *policy.Document {
	c.Users, c.Applications = who, policy.Applications{Include: v.list("app")}
	if c.Devices.Unknown == "" {
		c.Devices.Unknown = model.TagUnmanaged
	}
	return &policy.Document{
		Kind: policy.KindConditionalAccess, ID: slug(v["app"]) + "-" + id, Name: fmt.Sprintf("%s - %s", v["app"], name),
		Severity: policy.SeverityLow, Category: policy.CategoryAccessControl, State: policy.StateEnabled, Access: &c,
	}
}
