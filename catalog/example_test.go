package catalog_test

import (
	"fmt"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// A host reaches the gateway under a mapped name, which is looked up and never decoded.
func Example() {
	book, err := catalog.NewBook("gate.example.com", []catalog.Instance{{
		ID: "onedrive-contoso", Tenant: "contoso", App: "onedrive", Name: "OneDrive", Route: model.RouteSSO, Evidence: model.EvidenceDemo,
		Hosts:      []catalog.Host{{Name: "contoso-my.sharepoint.com", Role: catalog.RoleApp}},
		Federation: catalog.Federation{Protocol: "oidc", ClientID: "onedrive", RedirectURIs: []string{"https://contoso-my.sharepoint.com/callback"}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	mapped, _ := book.Mapped("contoso", "contoso-my.sharepoint.com")
	fmt.Println(mapped)
	target, _, ok := book.Find(mapped)
	fmt.Println(target.Real, target.App.Name, ok)
	_, _, ok = book.Find("example-com.contoso.gate.example.com")
	fmt.Println(ok)
	// Output:
	// contoso--my-sharepoint-com.contoso.gate.example.com
	// contoso-my.sharepoint.com Microsoft OneDrive for Business true
	// false
}
