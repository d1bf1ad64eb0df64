package filtertest

import "testing"

func TestGo(t *testing.T) {
	t.Parallel()
	Run(t, Go)
}
