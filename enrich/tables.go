package enrich

import (
	"embed"
	"errors"
	"io/fs"

	"github.com/referee-casb/referee/enrich/rangetable"
	"github.com/referee-casb/referee/fault"
)

//go:embed data
var embedded embed.FS

// The tables' file names in enrich/data; build/data writes them.
const (
	countryFile = "country.bin.zst"
	networkFile = "network.bin.zst"
)

// Tables are the address tables. The zero Tables know nothing. They are immutable; load them once a process.
type Tables struct {
	Country *rangetable.Table // Name is the ISO 3166-1 alpha-2 code
	Network *rangetable.Table // Number is the AS number, Name the organisation that holds it
	missing []string
}

// Missing names the tables that this binary was built without; addresses are unknown to those.
func (t *Tables) Missing() []string { return t.missing }

// Load reads the embedded tables, some 20 ms of work. An absent table is not an error, since a binary built without
// `make data` works; [Tables.Missing] names it. A damaged one is.
func Load() (*Tables, error) { return load(embedded) }

func load(fsys fs.FS) (*Tables, error) {
	t := &Tables{Country: &rangetable.Table{}, Network: &rangetable.Table{}}
	for _, part := range []struct {
		name, file string
		into       **rangetable.Table
	}{{"country", countryFile, &t.Country}, {"network", networkFile, &t.Network}} {
		raw, err := fs.ReadFile(fsys, "data/"+part.file)
		if errors.Is(err, fs.ErrNotExist) {
			t.missing = append(t.missing, part.name)
			continue
		}
		if err == nil {
			*part.into, err = rangetable.Read(raw)
		}
		if err != nil {
			return nil, fault.As(err, fault.Internal, "enrich.Load", part.file)
		}
	}
	return t, nil
}
