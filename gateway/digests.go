package gateway

import (
	"strconv"
	"sync"

	"github.com/referee-casb/referee/gateway/rewrite"
	"github.com/referee-casb/referee/model"
)

// digests remembers the digests of scripts and style sheets whose original was the one that a page names (Subresource
// Integrity), before and after they were rewritten, and what import maps say. It is a cache: what it loses is learned anew,
// and meanwhile the gateway checks the bodies instead of the browser.
type digests struct {
	mu        sync.Mutex
	pages     map[string]string // address to what an import map says of it
	rewritten map[string]string // original digest to the rewritten body's
}

// digestsMost bounds both maps; a full one is emptied.
const digestsMost = 8192

func digestKey(tenant model.TenantID, epoch int64, what string) string {
	return string(tenant) + "\x00" + strconv.FormatInt(epoch, 36) + "\x00" + what
}

func (d *digests) put(m *map[string]string, key, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *m == nil || len(*m) >= digestsMost {
		*m = map[string]string{}
	}
	(*m)[key] = value
}

// check compares a body with what its address carries, or with what an import map has said; nil where neither is.
func (d *digests) check(tenant model.TenantID, address, metadata string, epoch int64) *rewrite.Check {
	c := &rewrite.Check{Metadata: metadata, Cut: true, Verified: func(original, rewritten string) {
		d.put(&d.rewritten, digestKey(tenant, epoch, original), rewritten)
	}}
	if metadata == "" {
		c.Cut = false // whatever page said so: another page may load it without asking for anything
		d.mu.Lock()
		c.Metadata = d.pages[digestKey(tenant, epoch, address)]
		d.mu.Unlock()
		if c.Metadata == "" {
			return nil
		}
	}
	return c
}

// expected is what one page may ask and say.
type expected struct {
	digests *digests
	tenant  model.TenantID
	epoch   int64
}

func (e *expected) Rewritten(original string) (string, bool) {
	e.digests.mu.Lock()
	defer e.digests.mu.Unlock()
	digest, ok := e.digests.rewritten[digestKey(e.tenant, e.epoch, original)]
	return digest, ok
}

func (e *expected) Expect(address, metadata string) {
	if len(address) > 8<<10 || len(metadata) > 2<<10 {
		return // fail closed: the module stays refused; no page that works needs so much
	}
	e.digests.put(&e.digests.pages, digestKey(e.tenant, e.epoch, address), metadata)
}
