package template

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

var readOnlyGuests = Template{
	ID: "read_only_guests", Title: "Read-only session for external users",
	Doc:    "Guests read in the browser: no download, no upload, no copying or printing, and no program other than a browser.",
	Params: []Param{paramApp, paramContact, paramAfter},
	build: func(v Values) []*policy.Document {
		v["action"] = "block"
		guests := func(control policy.ControlType, id, name, message, next string, more ...*filter.Node) *policy.Document {
			d := session(v, id, name, control)
			d.Inline.Activities = filter.AllOf(append(append(d.Inline.Activities.Kids, filter.Cond("user.external", filter.Eq, "true")), more...)...)
			d.Inline.Message, d.Inline.NextStep = message, next
			if control == policy.ControlFileDownload {
				d.Inline.Level = policy.LevelStrict
			}
			return monitored(d, v)
		}
		who := policy.Users{Include: []string{policy.Guests}}
		return []*policy.Document{
			access(v, "guests-route", "Guests through session control", who, policy.ConditionalAccess{
				ClientApps: []model.ClientApp{model.ClientBrowser}, Session: "mcasConfigured",
			}),
			access(v, "guests-browser-only", "Guests use browsers only", who, policy.ConditionalAccess{
				ClientApps: []model.ClientApp{model.ClientNative}, Grant: policy.Grant{Controls: []policy.GrantControl{policy.GrantBlock}},
			}),
			guests(policy.ControlFileDownload, "guests-download", "Guests can't download", "**{{file}} can't be downloaded by guests of {{app}}.**",
				"Read it here, or ask the person who shared it for a copy."),
			guests(policy.ControlFileUpload, "guests-upload", "Guests can't upload", "**Guests can't add files to {{app}}.**",
				"Send {{file}} to the person who invited you."),
			guests(policy.ControlActivities, "guests-copy-print", "Guests can't copy or print", "**Guests can't copy or print in {{app}}.**",
				"Ask the person who shared the document for what you need.", filter.Cond("activity.type", filter.Eq, "copy", "cut", "print")),
		}
	},
}
