package tenant

import "slices"

// Preset is what is known of a product that tenants use as their identity provider.
type Preset struct {
	ID          string
	Title       string
	Issuer      string   // form of its issuer, for people
	Scopes      []string // beside openid
	Claims      Claims   // of ID tokens
	Subject     string   // attribute of assertions that identifies the person, "" for the NameID
	DomainParam string   // parameter by which it takes a domain hint
	DomainClaim string   // must be one of the provider's domains, since the issuer signs in anybody
	Graph       string   // Microsoft Graph
	Guide       string   // page in docs/howto
	Notes       []string // what an administrator sets there, a sentence each
}

// Claims are a product's names for what Referee reads.
type Claims struct {
	Subject, Name, Email, Username, Groups, Roles, External string
	// DirectoryRoles holds further roles: those in the directory itself, by the ids that policies name.
	DirectoryRoles string
}

// Presets lists the products with a preset and a guide, generic last.
func Presets() []Preset {
	return []Preset{
		{
			ID: "entra", Title: "Microsoft Entra ID", Issuer: "https://login.microsoftonline.com/<directory id>/v2.0", Scopes: []string{"profile", "email", "User.Read"},
			// sub is another one for each app registration; oid is the directory's own, as policies name it.
			Claims:      Claims{Subject: "oid", Username: "preferred_username", Groups: "groups", Roles: "roles", External: "acct", DirectoryRoles: "wids"},
			Subject:     objectIdentifier,
			DomainParam: "domain_hint", Graph: "https://graph.microsoft.com/v1.0", Guide: "connect-entra.md",
			Notes: []string{
				"Add the optional claims acct, auth_time and email to the ID token; acct is 1 for guests, auth_time says when somebody signed in.",
				"Add the groups claim. Beyond 200 groups Entra leaves it out and Referee asks Graph: grant the delegated permission GroupMember.Read.All.",
				"For policies that name directory roles (includeRoles) set groupMembershipClaims in the app's manifest to \"SecurityGroup, DirectoryRole\": Entra then sends the claim wids, by SAML too.",
				"Use the issuer of one directory, never common or organizations.",
			},
		},
		{
			ID: "okta", Title: "Okta", Issuer: "https://<org>.okta.com", Scopes: []string{"profile", "email", "groups"}, Guide: "connect-okta.md",
			Notes: []string{"Add a groups claim with a filter to the app's OpenID Connect ID token; without it no groups arrive."},
		},
		{
			ID: "google", Title: "Google Workspace", Issuer: "https://accounts.google.com", Scopes: []string{"profile", "email"}, Claims: Claims{Username: "email"},
			DomainParam: "hd", DomainClaim: "hd", Guide: "connect-google.md",
			Notes: []string{"Google signs in anybody with a Google account: domains is required, and the signed claim hd must be one of them.", "Google sends no groups; connect the directory to have them."},
		},
		{
			ID: "keycloak", Title: "Keycloak", Issuer: "https://<host>/realms/<realm>", Scopes: []string{"profile", "email"}, Claims: Claims{Roles: "realm_access.roles"}, Guide: "connect-keycloak.md",
			Notes: []string{"Add a Group Membership mapper named groups to the client, full path off, and the realm roles mapper to the ID token."},
		},
		{
			ID: "adfs", Title: "Active Directory Federation Services", Issuer: "https://<host>/adfs", Scopes: []string{"profile", "email", "allatclaims"},
			Claims: Claims{Username: "upn", Name: "unique_name", Groups: "group", Roles: "role"},
			Guide:  "connect-adfs.md",
			Notes:  []string{"Let an issuance transform rule send upn, email, group and unique_name with the ID token."},
		},
		{ID: "generic", Title: "Another provider", Issuer: "https://<issuer of its discovery document>", Guide: "connect-generic.md"},
	}
}

// PresetByID finds a preset.
func PresetByID(id string) (Preset, bool) {
	all := Presets()
	i := slices.IndexFunc(all, func(p Preset) bool { return p.ID == id })
	if i < 0 {
		return Preset{}, false
	}
	return all[i], true
}
