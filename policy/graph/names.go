package graph

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Names translates between Graph's ids and the words of documents.
type Names struct {
	Apps      []App
	Locations map[string]string // id of a named location in Graph, in lower case, to its name here
	// Provider is the identity provider that stands for the directory, "" when it is not known: people are
	// "<provider>:<object id>" here. PlainIDs says that it has the setting subjects: plain, so that its object ids stand
	// alone.
	Provider model.ProviderID
	PlainIDs bool
}

// App is one application of Entra and the apps here that it stands for: all of them.
type App struct {
	ID   string // application (client) id, in lower case
	Keys []string
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// With returns the names with further ones: keys of apps by the application's id, and names of named locations by id.
func (n Names) With(apps map[string][]string, locations map[string]string) Names {
	out := n
	out.Apps, out.Locations = slices.Clone(n.Apps), map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(apps)) {
		out.Apps = append(out.Apps, App{ID: strings.ToLower(id), Keys: apps[id]})
	}
	for _, all := range []map[string]string{n.Locations, locations} {
		for id, name := range all {
			out.Locations[strings.ToLower(id)] = name
		}
	}
	return out
}

// Text writes documents as YAML, separated by ---.
func Text(docs []*policy.Document) string {
	var b strings.Builder
	for i, d := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		b.Write(d.Canonical())
	}
	return b.String()
}

// keys returns the apps that an id stands for.
func (n *Names) keys(id string) ([]string, bool) {
	for i := len(n.Apps) - 1; i >= 0; i-- { // what the caller added outranks what was there
		if n.Apps[i].ID == strings.ToLower(id) {
			return n.Apps[i].Keys, true
		}
	}
	return nil, false
}

// ids returns the ids that stand for exactly these apps, and the apps for which there is none.
func (n *Names) ids(keys []string) (ids, left []string) {
	left = slices.Clone(keys)
	for i := len(n.Apps) - 1; i >= 0; i-- {
		a := &n.Apps[i]
		all := len(a.Keys) > 0 && !slices.ContainsFunc(a.Keys, func(k string) bool { return !slices.Contains(left, k) })
		if all {
			ids = append(ids, a.ID)
			left = slices.DeleteFunc(left, func(k string) bool { return slices.Contains(a.Keys, k) })
		}
	}
	slices.Sort(ids)
	return ids, left
}

// location returns the id of a named location.
func (n *Names) location(name string) (string, bool) {
	var found []string
	for id, have := range n.Locations {
		if strings.EqualFold(have, name) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return "", false
	}
	return found[0], true
}

// person returns the id here of whom Graph knows by an object id in lower case.
func (n *Names) person(oid string) (string, bool) {
	switch {
	case n.PlainIDs:
		return oid, true
	case n.Provider == "":
		return "", false
	}
	return string(n.Provider) + ":" + oid, true
}

// objectID returns the object id of a person by the id here.
func (n *Names) objectID(id string) (string, bool) {
	if n.Provider != "" && !n.PlainIDs {
		id = strings.TrimPrefix(id, string(n.Provider)+":")
	}
	return id, guid.MatchString(id)
}

// slug makes a document's id of a display name.
func slug(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := b.String()
	if len(s) > 60 {
		s = s[:60]
	}
	if s = strings.Trim(s, "-"); s == "" {
		s = "policy"
	}
	return s
}
