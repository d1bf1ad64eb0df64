package template

import "github.com/referee-casb/referee/policy"

var monitorAllActivities = Template{
	ID: "monitor_all_activities", Title: "Monitor all activities",
	Doc:    "Writes an activity for each sign-in to the app through the gateway, and raises an alert if you add one.",
	Params: []Param{paramApp, paramDevice},
	build: func(v Values) []*policy.Document {
		v["action"] = "audit"
		d := session(v, "monitor", "Monitor all activities", policy.ControlMonitorOnly)
		d.Severity, d.Category = policy.SeverityLow, policy.CategoryAccessControl
		return []*policy.Document{d}
	},
}
