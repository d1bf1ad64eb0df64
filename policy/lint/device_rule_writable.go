package lint

var deviceRuleWritable = Check{
	Code: "device_rule_writable", Severity: Warning,
	Doc: "A filter for devices rests on attributes alone that the device's user can change, such as its name or model. Microsoft advises to join them with one that nobody but management writes.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Docs {
			if d.Access == nil || d.Access.Devices.Rule == nil {
				continue
			}
			names := ""
			for _, t := range d.Access.Devices.Rule.Terms() {
				if !t.Attribute.Writable {
					names = ""
					break
				}
				names = t.Attribute.Name
			}
			if names != "" {
				report(d, "conditions.devices.deviceFilter.rule", "join it with -and to isCompliant, trustType or an extensionAttribute", "device.%s is what the device says of itself", names)
			}
		}
	},
}
