package gateway

import (
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
)

// TestAppProfileHolds sees that what is known of an app is used for its instances, and not for a stand-in.
func TestAppProfileHolds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		evidence model.Evidence
		download bool
		fields   bool
	}{{model.EvidenceDocumentation, true, true}, {model.EvidenceDemo, false, false}} {
		live, err := catalog.NewLive("gate.test")
		if err != nil {
			t.Fatal(err)
		}
		in := catalog.Instance{ID: "slack", Tenant: "contoso", App: "slack", Evidence: c.evidence, Hosts: []catalog.Host{{Name: "files.slack.com", Role: catalog.RoleApp}}}
		a := (&profiles{}).of(live.Book(), &in)
		var q recognise.RequestInfo
		recognise.Request(&q, httptest.NewRequest("GET", "https://files.slack.com/files-pri/T0-F0/a.txt", nil), "files.slack.com", catalog.RoleApp, a.profile)
		if q.Download != c.download || slices.Contains(a.fields, "url_private") != c.fields {
			t.Errorf("%s: download %v, fields %v", c.evidence, q.Download, a.fields)
		}
	}
}
