package api_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/catalog"
)

func TestDiscoveredHosts(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/files", apitest.FilesApp, 200, nil)
	var app struct {
		Hosts []struct{ Name string }
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/apps/files", nil, 200, &app)
	_, domain, _ := strings.Cut(app.Hosts[0].Name, ".")
	see := func(host string, kinds ...string) catalog.Discovered {
		return catalog.Discovered{Instance: "files", Host: host, Kinds: kinds, First: apitest.Monday, Last: apitest.Monday, Times: 3}
	}
	if err := f.DB.AddDiscovered(t.Context(), "contoso", []catalog.Discovered{
		see("new."+domain, "fetch", "img"), see("frames."+domain, "iframe"), see("pictures.elsewhere.example", "img"), see("accounts.google.com", "iframe"), see(app.Hosts[0].Name, "img"),
	}); err != nil {
		t.Fatal(err)
	}
	type row struct {
		Host, Role, Never string
		Own               bool
		Times             int64
	}
	list := func() map[string]row {
		t.Helper()
		var got struct{ Items []row }
		f.Want(t, "contoso/reader", "GET", contoso+"/apps/files/discovered", nil, 200, &got)
		out := map[string]row{}
		for _, r := range got.Items {
			out[r.Host] = r
		}
		return out
	}
	got := list()
	if len(got) != 4 || got["new."+domain].Role != "api" || !got["new."+domain].Own || got["frames."+domain].Role != "app" || got["pictures.elsewhere.example"].Own ||
		got["pictures.elsewhere.example"].Role != "static" || got["accounts.google.com"].Never == "" || got["new."+domain].Times != 3 {
		t.Errorf("%+v", got)
	}
	f.Want(t, "contoso/reader", "POST", contoso+"/apps/files/hosts", `{"name":"new.`+domain+`","role":"api"}`, 403, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/apps/files/hosts", `{"name":"new.`+domain+`","role":"api"}`, 200, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/apps/files/hosts", `{"name":"new.`+domain+`","role":"api"}`, 409, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/apps/files/hosts", `{"name":"accounts.google.com","role":"app"}`, 422, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/apps/files/hosts", `{"name":"Not A Host","role":"app"}`, 422, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/apps/none/hosts", `{"name":"x.example","role":"app"}`, 404, nil)
	if got = list(); len(got) != 3 || got["new."+domain].Host != "" {
		t.Errorf("after it was added: %+v", got)
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/apps/none/discovered", nil, 404, nil)
}
