package gateway

// Spooled says how much is held to be looked at, by how many tenants and sessions.
func (g *Gateway) Spooled() (all int64, tenants, persons int) { return g.spooling.held() }
