package catalog

import "github.com/referee-casb/referee/policy/graph"

// EntraApp is an application of Microsoft's own as Conditional Access in Entra names it.
type EntraApp struct {
	ID   string   // application id, the same in every tenant
	Keys []string // the apps here that it stands for, all of them
}

// entraApps are the first-party applications that stand for apps of the catalogue (Microsoft Learn, "Apps included in
// Conditional Access Office 365 app suite", and the list of first-party applications). Entra has one application for
// SharePoint and OneDrive.
var entraApps = []EntraApp{
	{"00000003-0000-0ff1-ce00-000000000000", []string{"onedrive", "sharepoint"}},
	{"00000002-0000-0ff1-ce00-000000000000", []string{"exchange"}},
	{"cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", []string{"teams"}},
	{"00000005-0000-0ff1-ce00-000000000000", []string{"yammer"}},
	{"00000009-0000-0000-c000-000000000000", []string{"powerbi"}},
	{"797f4846-ba00-4fd7-ba43-dac1f8f63013", []string{"azure"}},
	{"05a65629-4c1b-48c1-a78b-804c4abdd4af", []string{"referee"}},
}

// EntraApps returns Microsoft's own applications that stand for apps of the catalogue. The caller must not change
// the list.
func EntraApps() []EntraApp { return entraApps }

// GraphNames returns them in the form in which policies are translated.
func GraphNames() graph.Names {
	var names graph.Names
	for _, e := range entraApps {
		names.Apps = append(names.Apps, graph.App{ID: e.ID, Keys: e.Keys})
	}
	return names
}
