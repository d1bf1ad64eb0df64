//go:build !accept

package accept

// usualKills are enough to see a mistake that shows often; make accept does 200.
const usualKills = 10
