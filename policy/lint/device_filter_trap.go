package lint

import (
	"strings"

	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/devicerule"
)

var deviceFilterTrap = Check{
	Code: "device_filter_trap", Severity: Error,
	Doc: "A device that is not registered has no attributes: positive operators never match it, negative ones always do. A rule that forgets this leaves exactly the unmanaged devices out of the policy.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Docs {
			if d.Access == nil || d.Access.Devices.Rule == nil {
				continue
			}
			if reason, fix := DeviceTrap(d.Access.Devices.Mode, d.Access.Devices.Rule); reason != "" {
				report(d, "conditions.devices.deviceFilter.rule", fix, "%s", reason)
			}
		}
	},
}

// DeviceTrap says why a filter for devices leaves out the devices that are not registered, and how to mend it; "" when
// it does not.
func DeviceTrap(mode policy.DeviceMode, rule *devicerule.Rule) (reason, fix string) {
	switch mode {
	case policy.DevicesExclude:
		if rule.Unregistered() {
			return "negative operators match devices that are not registered, so the policy leaves every one of them out", "exclude with positive operators, such as device.isCompliant -eq True"
		}
	case policy.DevicesInclude:
		if bad := aboutUnmanaged(rule); bad != "" && !rule.Unregistered() {
			return bad + " matches registered devices only; those that are not registered escape the policy",
				"exclude the managed ones instead: mode: exclude, rule: device.isCompliant -eq True -or device.trustType -eq \"ServerAD\""
		}
	case policy.DevicesAll:
	}
	return "", ""
}

// aboutUnmanaged returns a comparison that looks for devices which nobody manages, by an operator that finds only
// the registered ones.
func aboutUnmanaged(r *devicerule.Rule) string {
	for _, t := range r.Terms() {
		if t.Op.Negative() || t.Null {
			continue
		}
		value := strings.Join(t.Values, " ")
		switch t.Attribute.Name + "=" + value {
		case "isCompliant=False", "deviceOwnership=Personal", "trustType=Workplace":
			return "device." + t.Attribute.Name + " -" + string(t.Op) + " " + value
		}
	}
	return ""
}
