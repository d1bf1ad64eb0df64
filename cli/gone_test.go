package cli

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// TestJSONOfChanges sees that commands whose answer has no body give scripts something to read all the same.
func TestJSONOfChanges(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	table := filepath.Join(s.dir, "all.csv")
	if got := s.run(t, "contoso-operator", "app", "add", s.write(t, "files.yaml", appYAML)); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	for _, c := range []struct {
		args      []string
		key, want string
	}{
		{[]string{"app", "remove", "files"}, "change", "removed"},
		{[]string{"token", "revoke", "tok-contoso-reader"}, "change", "revoked"},
		{[]string{"activity", "export", "--format", "csv", "--output", table}, "output", table},
	} {
		got := s.run(t, "contoso-admin", append(c.args, "--json")...)
		var v map[string]any
		if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.code != 0 || v[c.key] != c.want {
			t.Errorf("%q: %+v, %v", c.args, got, err)
		}
	}
}
