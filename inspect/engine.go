package inspect

import (
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
func (BuiltIn) Types(model.TenantID) ([]dlp.Type, int64) { return builtIn(), 0 }

// engines keeps an engine a set of types. An engine of one type scans nearly twice as fast as one of all types that is
// told to look for that one only (366 and 200 MB/s a core), and is built in a millisecond.
type engines struct {
	types Types
	kept  *recent[*built]
}

// built is an engine that the first who needs it builds.
type built struct {
	once   sync.Once
	engine *dlp.Engine
	err    error
}

// of returns an engine for the named types, and the revision of the tenant's types.
func (e *engines) of(tenant model.TenantID, names []string) (*dlp.Engine, error) {
	all, revision := e.types.Types(tenant)
	owner := string(tenant)
	if revision == 0 {
		owner = "" // the built-in types are everybody's
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	b := e.kept.or(owner+"\x00"+strconv.FormatInt(revision, 10)+"\x00"+strings.Join(names, "\x00"), func() *built { return new(built) })
	b.once.Do(func() {
		wanted := make([]dlp.Type, 0, len(names))
		for _, n := range names {
			i := slices.IndexFunc(all, func(t dlp.Type) bool { return t.ID == n })
			if i < 0 {
				b.err = fault.New(fault.NotFound, "inspect", "there is no information type %q", n)
				return
			}
			wanted = append(wanted, all[i])
		}
		b.engine, b.err = dlp.New(wanted)
	})
	return b.engine, b.err
}
