package appprofile

import (
	"bytes"
	"embed"
	"fmt"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed app/*.yaml
var files embed.FS

// ids are the profiles, by key of the app.
var ids = []string{
	"aws",
	"azure",
	"box",
	"confluence",
	"docusign",
	"dropbox",
	"exchange",
	"github",
	"google",
	"jira",
	"okta",
	"onedrive",
	"salesforce",
	"servicenow",
	"sharepoint",
	"slack",
	"teams",
	"workday",
	"zoom",
}

// All lists the profiles by key. They are shared: read only.
func All() []*Profile { return load() }

var load = sync.OnceValue(func() []*Profile {
	out := make([]*Profile, len(ids))
	for i, id := range ids {
		text, err := files.ReadFile("app/" + id + ".yaml")
		if err != nil {
			panic(fmt.Sprintf("appprofile: %s is not embedded: %v", id, err)) // a broken build: TestProfiles shows it
		}
		p := &Profile{}
		dec := yaml.NewDecoder(bytes.NewReader(text))
		dec.KnownFields(true)
		if err := dec.Decode(p); err != nil {
			panic(fmt.Sprintf("appprofile: %s: %v", id, err))
		}
		out[i] = p
	}
	return out
})
