package enrich

import (
	"sync"

	"github.com/referee-casb/referee/model"
)

// agentCache remembers parsed user agents in two generations: when the young one is full it becomes the old one, and
// what was only in the old one before is forgotten. That bounds the memory without a list to keep in order, and what
// is asked for again in time survives.
type agentCache struct {
	limit int // entries a generation

	mu         sync.RWMutex
	young, old map[string]model.Agent
}

func newAgentCache(entries int) *agentCache {
	return &agentCache{limit: max(entries/2, 1), young: map[string]model.Agent{}}
}

func (c *agentCache) get(raw string) (model.Agent, bool) {
	c.mu.RLock()
	agent, ok := c.young[raw]
	if ok {
		c.mu.RUnlock()
		return agent, true
	}
	agent, ok = c.old[raw]
	c.mu.RUnlock()
	if ok {
		c.put(raw, agent)
	}
	return agent, ok
}

func (c *agentCache) put(raw string, agent model.Agent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= c.limit {
		c.young, c.old = make(map[string]model.Agent, c.limit), c.young
	}
	c.young[raw] = agent
}

func (c *agentCache) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.young) + len(c.old)
}
