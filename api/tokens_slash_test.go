package api_test

import (
	"testing"

	"github.com/referee-casb/referee/api/apitest"
)

// TestTokenNamesHoldNoSlash: "installation/jamf" would overwrite what the installation's token jamf says of devices.
func TestTokenNamesHoldNoSlash(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for name, want := range map[string]int{"installation/jamf": 422, "/": 422, "jamf": 201, "jamf-2": 201} {
		f.Want(t, "contoso/admin", "POST", contoso+"/tokens", map[string]any{"name": name, "role": "devices"}, want, nil)
	}
}
