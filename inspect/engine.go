package inspect

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/sit"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// BuiltIn are the built-in types and no others, for every tenant.
type BuiltIn struct{}

var builtIn = sync.OnceValue(sit.All)

// Types returns the built-in types.
func (BuiltIn) Types(context.Context, model.TenantID) ([]dlp.Type, int64, error) {
	return builtIn(), 0, nil
}

// engines keeps an engine a set of types. An engine of one type scans nearly twice as fast as one of all types that is
// told to look for that one only (366 and 200 MB/s a core), and is built in a millisecond.
type engines struct {
	kept *recent[*built]
}

// built is an engine that the first who needs it builds.
type built struct {
	once    sync.Once
	engine  *dlp.Engine
	names   map[string]string // what people call the types, by id
	missing []string          // names that the tenant has no type of
	err     error
}

// of returns an engine for the named types, and which of them there are not.
func (e *engines) of(tenant model.TenantID, all []dlp.Type, revision int64, names []string) (*built, error) {
	owner := string(tenant)
	if revision == 0 {
		owner = "" // the built-in types are everybody's
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	b := e.kept.or(owner+"\x00"+strconv.FormatInt(revision, 10)+"\x00"+strings.Join(names, "\x00"), func() *built { return new(built) })
	b.once.Do(func() {
		b.names = map[string]string{}
		wanted := make([]dlp.Type, 0, len(names))
		for _, n := range names {
			if i := slices.IndexFunc(all, func(t dlp.Type) bool { return t.ID == n }); i >= 0 {
				wanted = append(wanted, all[i])
				b.names[n] = all[i].Name
			} else {
				b.missing = append(b.missing, n)
			}
		}
		if len(wanted) == 0 {
			b.err = fault.New(fault.NotFound, "inspect", "there is no information type %q", strings.Join(names, ", "))
			return
		}
		b.engine, b.err = dlp.New(wanted)
	})
	return b, b.err
}
