package filter_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
)

func TestSuggest(t *testing.T) {
	t.Parallel()
	names := []string{"unscannable", "deviceUnknown", "name", "location.country"}
	for got, want := range map[string]string{"unscanable": "unscannable", "DeviceUnknown": "deviceUnknown", "nmae": "name", "country": "location.country", "xyz": "", strings.Repeat("a", 100): ""} {
		advice := filter.Suggest(got, names)
		if want == "" && advice != "" || !strings.Contains(advice, want) {
			t.Errorf("%q suggests %q", got, advice)
		}
	}
}
