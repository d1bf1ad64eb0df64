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
			const path = "conditions.devices.deviceFilter.rule"
			rule := d.Access.Devices.Rule
			switch d.Access.Devices.Mode {
			case policy.DevicesExclude:
				if rule.Unregistered() {
					report(d, path, "exclude with positive operators, such as device.isCompliant -eq True", "negative operators match devices that are not registered, so the policy leaves every one of them out")
				}
			case policy.DevicesInclude:
				if bad := aboutUnmanaged(rule); bad != "" && !rule.Unregistered() {
					report(d, path, "exclude the managed ones instead: mode: exclude, rule: device.isCompliant -eq True -or device.trustType -eq \"ServerAD\"",
						"%s matches registered devices only; those that are not registered escape the policy", bad)
				}
			case policy.DevicesAll:
			}
		}
	},
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
