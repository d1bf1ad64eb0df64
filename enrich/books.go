package enrich

import (
	"sync"

	"github.com/referee-casb/referee/model"
)

// Books holds the compiled ranges of all tenants for [Options.Books]. The zero Books is empty; it is safe for
// concurrent use, and made for being read far more often than set.
type Books struct{ byTenant sync.Map }

// Of returns a tenant's book, nil if it has none.
func (b *Books) Of(tenant model.TenantID) *Book {
	book, _ := b.byTenant.Load(tenant)
	own, _ := book.(*Book)
	return own
}

// Set replaces a tenant's book from the next look-up on; nil removes it.
func (b *Books) Set(tenant model.TenantID, book *Book) {
	if book == nil {
		b.byTenant.Delete(tenant)
		return
	}
	b.byTenant.Store(tenant, book)
}
