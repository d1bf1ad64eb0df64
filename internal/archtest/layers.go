package archtest

import "strings"

// layer is a row of the table: imports go from higher levels to lower ones.
type layer struct {
	level int
	name  string
	// units are families: a folder with everything below it. A trailing "/*" makes each child a family of its own and
	// leaves out the folder itself, whose contract may be in a lower layer.
	units []string
}

// layers is the table of ARCHITECTURE.md, top first. Packages below internal/ are in no row: all may import them, and
// they import nothing above L0.
var layers = []layer{
	{6, "start", []string{"cmd/referee", "node", "demo", "build", "test", "examples"}},
	{5, "deliver", []string{"api", "console", "cli"}},
	{4, "adapt", []string{"store/*", "bus/*", "connector/*", "notify", "inspect", "appcheck"}},
	{3, "serve", []string{"gateway", "signin", "access", "pipeline", "alert", "governance", "discovery", "oauthapp", "posture"}},
	{2, "share", []string{"session", "catalog", "directory", "device", "tenant", "vault", "lease", "inventory"}},
	{1, "decide", []string{"policy", "dlp", "detect", "enrich", "activitylog", "connector", "bus"}},
	{0, "speak", []string{"model", "fault", "filter"}},
}

// sideways lists the imports inside a layer that the design names. What isn't here needs an exception.
var sideways = []struct{ from, to, reason string }{
	{"model", "fault", "validation of a model type reports the kind of mistake"},
	{"filter", "model", "the field registries of filters name model's enumerations"},
	{"filter", "fault", "a filter that doesn't parse is reported with kind and position"},
	{"cmd/referee", "node", "the binary starts the node"},
	{"cmd/referee", "demo", "the binary starts the demo"},
	{"demo", "node", "the demo is a node with an identity provider and an app beside it"},
}

// internalLevel marks packages that are in no layer.
const internalLevel = -1

// place finds the family and level of a package by its folder, relative to the module.
func place(dir string) (family string, level int, ok bool) {
	if dir == "internal" || strings.HasPrefix(dir, "internal/") {
		return dir, internalLevel, true
	}
	for _, l := range layers {
		for _, unit := range l.units {
			if parent, each := strings.CutSuffix(unit, "/*"); each {
				child, below := strings.CutPrefix(dir, parent+"/")
				if below {
					child, _, _ = strings.Cut(child, "/")
					return parent + "/" + child, l.level, true
				}
			} else if dir == unit || strings.HasPrefix(dir, unit+"/") {
				return unit, l.level, true
			}
		}
	}
	return "", 0, false
}
