package tenant

import "testing"

// TestHasDomain: a domain is the same in every spelling that a policy takes for the same.
func TestHasDomain(t *testing.T) {
	t.Parallel()
	list := []string{"contoso.com", "fabrikam.com"}
	for domain, want := range map[string]bool{
		"contoso.com": true, "CONTOSO.com": true, "conto\u017fo.com": true, "fabr\u0131kam.com": true, "fabri\u212aam.com": true,
		"contoso.co": false, "a.contoso.com": false, "": false,
	} {
		if got := HasDomain(list, domain); got != want {
			t.Errorf("%q: %v", domain, got)
		}
	}
}
