package entity

import "github.com/referee-casb/referee/filter"

// All returns the fields of every entity.
func All() []*filter.Catalog {
	return []*filter.Catalog{
		Activity.Catalog,
		File.Catalog,
	}
}
