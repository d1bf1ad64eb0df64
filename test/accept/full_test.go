//go:build accept

package accept

const usualKills = 200
