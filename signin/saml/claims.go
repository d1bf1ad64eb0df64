package saml

import (
	"slices"
	"strings"
)

// Claims are what a sign-in says of a person, in Referee's words whatever the provider calls them.
type Claims struct {
	UPN         string // user principal name
	Email       string
	Name        string // display name
	GivenName   string
	FamilyName  string
	Groups      []string
	Roles       []string
	Directory   []string // roles in the directory itself, by their ids (Entra's wids)
	Methods     []string // authentication methods (Entra's authnmethodsreferences)
	MultiFactor bool     // the provider says that more than one factor was used
	External    bool     // the provider marks the person as a guest
	Truncated   bool     // groups were left out by the provider (Entra's overage link): ask the directory
}

// Mapping names the attributes that each claim is read from; the first that is there counts. Attribute names are
// compared without regard to case, as Okta's and Google's are typed by hand. A FriendlyName is never looked at: peers
// are free to put anything there. What identifies the person, and what the provider knows of the device, the provider's
// settings name.
type Mapping struct {
	Subject, UPN, Email, Name, GivenName, FamilyName, ObjectID, TenantID []string
	Groups, Roles, Directory, Methods, External                          []string
	DeviceID, DeviceManaged, DeviceCompliant, DeviceTrust                []string
	MFA                                                                  []string // contexts and methods that mean several factors
}

// The prefixes that Microsoft's claim names share.
const (
	wsClaims     = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	msIdentity   = "http://schemas.microsoft.com/identity/claims/"
	ms2008       = "http://schemas.microsoft.com/ws/2008/06/identity/claims/"
	adfsSchema   = "http://schemas.xmlsoap.org/claims/"
	oidUID       = "urn:oid:0.9.2342.19200300.100.1.1"
	oidMail      = "urn:oid:0.9.2342.19200300.100.1.3"
	oidDisplay   = "urn:oid:2.16.840.1.113730.3.1.241"
	oidGiven     = "urn:oid:2.5.4.42"
	oidSurname   = "urn:oid:2.5.4.4"
	oidPrincipal = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6" // eduPersonPrincipalName
	oidMember    = "urn:oid:1.3.6.1.4.1.5923.1.5.1.1" // isMemberOf
)

// Vendor names a provider with a mapping of its own.
type Vendor string

// The vendors.
const (
	Entra    Vendor = "entra"
	Okta     Vendor = "okta"
	Google   Vendor = "google"
	Keycloak Vendor = "keycloak"
	ADFS     Vendor = "adfs"
	Generic  Vendor = "generic"
)

// MappingOf returns a vendor's mapping, a fresh copy; an unknown vendor gets the generic one, which knows the usual
// names of all of them but no guest mark.
func MappingOf(v Vendor) Mapping {
	mfa := []string{ContextEntraMFA, ContextRefedsMFA, "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken", "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract", "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered"}
	switch v {
	case Entra:
		return Mapping{
			UPN: []string{wsClaims + "upn", wsClaims + "name"}, Email: []string{wsClaims + "emailaddress"}, Name: []string{msIdentity + "displayname"},
			GivenName: []string{wsClaims + "givenname"}, FamilyName: []string{wsClaims + "surname"},
			Groups: []string{ms2008 + "groups"}, Roles: []string{ms2008 + "role"},
			Directory: []string{ms2008 + "wids"}, Methods: []string{"http://schemas.microsoft.com/claims/authnmethodsreferences"}, External: []string{msIdentity + "usertype", "user.usertype", "usertype"}, MFA: mfa,
		}
	case ADFS:
		return Mapping{
			UPN: []string{wsClaims + "upn", adfsSchema + "UPN"}, Email: []string{wsClaims + "emailaddress", adfsSchema + "EmailAddress"},
			Name: []string{wsClaims + "name", adfsSchema + "CommonName"}, GivenName: []string{wsClaims + "givenname"}, FamilyName: []string{wsClaims + "surname"},
			Groups: []string{adfsSchema + "Group", ms2008 + "groups"}, Roles: []string{ms2008 + "role"},
			Methods: []string{"http://schemas.microsoft.com/claims/authnmethodsreferences"},
			MFA:     mfa,
		}
	case Okta:
		return Mapping{
			UPN: []string{"login", "username", "upn"}, Email: []string{"email", "mail"}, Name: []string{"displayName", "name"}, GivenName: []string{"firstName", "given_name"},
			FamilyName: []string{"lastName", "family_name"}, Groups: []string{"groups", "group", "memberOf"}, Roles: []string{"roles", "role"},
			Methods: []string{"amr", "session.amr"},
			MFA:     append(mfa, "mfa"),
		}
	case Google:
		return Mapping{
			UPN: []string{"primaryEmail", "email"}, Email: []string{"email", "primaryEmail", "mail"}, Name: []string{"displayName", "fullName", "name"}, GivenName: []string{"firstName", "givenName"},
			FamilyName: []string{"lastName", "familyName", "surname"}, Groups: []string{"groups", "memberOf"}, Roles: []string{"roles", "role"}, MFA: mfa,
		}
	case Keycloak:
		return Mapping{
			UPN: []string{"username", "preferred_username", oidUID}, Email: []string{"email", oidMail, "mail"}, Name: []string{"name", "displayName", oidDisplay},
			GivenName: []string{"firstName", "givenName", oidGiven}, FamilyName: []string{"lastName", "surname", oidSurname},
			Groups: []string{"groups", "member", "memberOf", oidMember}, Roles: []string{"Role", "roles"},
			Methods: []string{"amr"}, MFA: append(mfa, "mfa"),
		}
	}
	g := Mapping{MFA: mfa}
	for _, v := range []Vendor{Entra, Okta, Keycloak, ADFS, Google} {
		m := MappingOf(v)
		for _, pair := range []struct{ to, from *[]string }{
			{&g.UPN, &m.UPN},
			{&g.Email, &m.Email},
			{&g.Name, &m.Name},
			{&g.GivenName, &m.GivenName},
			{&g.FamilyName, &m.FamilyName},
			{&g.Groups, &m.Groups},
			{&g.Roles, &m.Roles},
			{&g.Methods, &m.Methods},
		} {
			for _, name := range *pair.from {
				if !slices.Contains(*pair.to, name) {
					*pair.to = append(*pair.to, name)
				}
			}
		}
	}
	g.UPN = append(g.UPN, oidPrincipal, "uid")
	return g
}

// groupOverage is the attribute that Entra sends instead of more than 150 groups.
const groupOverage = "http://schemas.microsoft.com/claims/groups.link"

// Claims reads a sign-in by a mapping. A single-valued claim with several values takes the first.
func (s *SignIn) Claims(m Mapping) Claims {
	find := func(names []string) []string {
		for _, n := range names {
			for _, a := range s.Attributes {
				if strings.EqualFold(a.Name, n) && len(a.Values) > 0 {
					return a.Values
				}
			}
		}
		return nil
	}
	one := func(names []string) string {
		if v := find(names); len(v) > 0 {
			return strings.TrimSpace(v[0])
		}
		return ""
	}
	c := Claims{
		UPN: one(m.UPN), Email: one(m.Email), Name: one(m.Name), GivenName: one(m.GivenName), FamilyName: one(m.FamilyName),
		Groups: slices.Clone(find(m.Groups)), Roles: slices.Clone(find(m.Roles)), Directory: slices.Clone(find(m.Directory)),
		Methods:   slices.Clone(find(m.Methods)),
		Truncated: len(find([]string{groupOverage})) > 0,
	}
	if c.Email == "" && (s.NameID.Format == FormatEmail || strings.Count(c.UPN, "@") == 1) {
		if c.Email = c.UPN; s.NameID.Format == FormatEmail {
			c.Email = s.NameID.Value
		}
	}
	if c.Name == "" { // as Okta and Google send it
		c.Name = strings.TrimSpace(c.GivenName + " " + c.FamilyName)
	}
	switch strings.ToLower(one(m.External)) {
	case "guest", "true", "external":
		c.External = true
	}
	c.MultiFactor = slices.ContainsFunc(append([]string{s.Context}, c.Methods...), func(v string) bool { return slices.Contains(m.MFA, v) })
	return c
}
