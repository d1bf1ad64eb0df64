package catalog

import (
	"slices"

	"github.com/referee-casb/referee/model"
)

// App is something people use, known to every tenant.
type App struct {
	ID       model.AppID `json:"id" yaml:"id"`
	Key      string      `json:"key" yaml:"key"`
	Name     string      `json:"name" yaml:"name"`
	Suite    string      `json:"suite,omitempty" yaml:"suite,omitempty"` // key of the app it is part of
	Category string      `json:"category,omitempty" yaml:"category,omitempty"`
}

// apps is the built-in list: ids below FirstOwnAppID are Defender's. Sorted by key.
var apps = []App{
	{ID: 11599, Key: "aws", Name: "Amazon Web Services", Category: "Cloud computing platform"},
	{ID: 12260, Key: "azure", Name: "Microsoft Azure", Category: "Cloud computing platform"},
	{ID: 10489, Key: "box", Name: "Box", Category: "Cloud storage"},
	{ID: model.FirstOwnAppID + 4, Key: "confluence", Name: "Confluence", Category: "Collaboration"},
	{ID: model.FirstOwnAppID, Key: "custom", Name: "Custom app", Category: "Custom"},
	{ID: model.FirstOwnAppID + 5, Key: "docusign", Name: "DocuSign", Category: "Electronic signature"},
	{ID: 11627, Key: "dropbox", Name: "Dropbox", Category: "Cloud storage"},
	{ID: 20893, Key: "exchange", Name: "Microsoft Exchange Online", Suite: "office365", Category: "Webmail"},
	{ID: model.FirstOwnAppID + 6, Key: "github", Name: "GitHub", Category: "Code hosting"},
	{ID: 11770, Key: "google", Name: "Google Workspace", Category: "Collaboration"},
	{ID: model.FirstOwnAppID + 7, Key: "jira", Name: "Jira", Category: "Project management"},
	{ID: model.FirstOwnAppID + 2, Key: "jupyter", Name: "Jupyter", Category: "Development tools"},
	{ID: model.FirstOwnAppID + 3, Key: "nodered", Name: "Node-RED", Category: "Development tools"},
	{ID: 11161, Key: "office365", Name: "Office 365", Category: "Collaboration"},
	{ID: 10980, Key: "okta", Name: "Okta", Category: "Security"},
	{ID: 15600, Key: "onedrive", Name: "Microsoft OneDrive for Business", Suite: "office365", Category: "Cloud storage"},
	{ID: 26324, Key: "powerbi", Name: "Microsoft Power BI", Category: "Business intelligence"},
	{ID: 20595, Key: "referee", Name: "Referee", Category: "Security"}, // Defender's id of Defender for Cloud Apps itself
	{ID: 11114, Key: "salesforce", Name: "Salesforce", Category: "CRM"},
	{ID: 14509, Key: "servicenow", Name: "ServiceNow", Category: "IT services"},
	{ID: 20892, Key: "sharepoint", Name: "Microsoft SharePoint Online", Suite: "office365", Category: "Collaboration"},
	{ID: model.FirstOwnAppID + 8, Key: "slack", Name: "Slack", Category: "Collaboration"},
	{ID: 28375, Key: "teams", Name: "Microsoft Teams", Suite: "office365", Category: "Collaboration"},
	{ID: model.FirstOwnAppID + 1, Key: "wordpress", Name: "WordPress", Category: "Content management"},
	{ID: model.FirstOwnAppID + 9, Key: "workday", Name: "Workday", Category: "Human resources"},
	{ID: 11522, Key: "yammer", Name: "Yammer", Category: "Social network"},
	{ID: model.FirstOwnAppID + 10, Key: "zoom", Name: "Zoom", Category: "Online meetings"},
}

// Apps lists the built-in apps, by key.
func Apps() []App { return slices.Clone(apps) }

// AppByKey finds a built-in app.
func AppByKey(key string) (App, bool) {
	i, ok := slices.BinarySearchFunc(apps, key, func(a App, key string) int {
		switch {
		case a.Key < key:
			return -1
		case a.Key > key:
			return 1
		}
		return 0
	})
	if !ok {
		return App{}, false
	}
	return apps[i], true
}

// AppByID finds a built-in app by Defender's id or Referee's own.
func AppByID(id model.AppID) (App, bool) {
	i := slices.IndexFunc(apps, func(a App) bool { return a.ID == id })
	if i < 0 {
		return App{}, false
	}
	return apps[i], true
}

// Parts lists the apps of a suite, such as those of "office365"; none for an app that is no suite.
func Parts(suite string) []App {
	var out []App
	for _, a := range apps {
		if a.Suite == suite && suite != "" {
			out = append(out, a)
		}
	}
	return out
}
