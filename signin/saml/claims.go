package saml

import (
	"slices"
	"strings"
	"time"
)

// Claims are what a sign-in says of a person, in Referee's words whatever the provider calls them.
type Claims struct {
	Subject     string // stable name of the person at that provider: the NameID, unless the mapping names an attribute
	UPN         string // user principal name
	Email       string
	Name        string // display name
	GivenName   string
	FamilyName  string
	ObjectID    string // the provider's own stable id
	TenantID    string // of a multi-tenant provider
	Groups      []string
	Roles       []string
	Directory   []string // roles in the directory itself, by their ids (Entra's wids)
	Methods     []string // authentication methods (Entra's authnmethodsreferences)
	MultiFactor bool     // the provider says that more than one factor was used
	External    bool     // the provider marks the person as a guest
	// Device facts, as the provider signed them. Empty: it says nothing.
	DeviceID, DeviceManaged, DeviceCompliant, DeviceTrust string
	AuthTime                                              time.Time
	Truncated                                             bool // groups were left out by the provider (Entra's overage link): ask the directory
}

// Mapping names the attributes that each claim is read from; the first that is there counts. Attribute names are
// compared without regard to case, as Okta's and Google's are typed by hand. A FriendlyName is never looked at: peers
// are free to put anything there.
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
	msDevice     = "http://schemas.microsoft.com/2012/01/devicecontext/claims/"
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
// names of all of them but no device facts and no guest mark.
func MappingOf(v Vendor) Mapping {
	mfa := []string{ContextEntraMFA, ContextRefedsMFA, "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken", "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract", "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered"}
	switch v {
	case Entra:
		return Mapping{
			UPN: []string{wsClaims + "upn", wsClaims + "name"}, Email: []string{wsClaims + "emailaddress"}, Name: []string{msIdentity + "displayname"},
			GivenName: []string{wsClaims + "givenname"}, FamilyName: []string{wsClaims + "surname"}, ObjectID: []string{msIdentity + "objectidentifier"},
			TenantID: []string{msIdentity + "tenantid"}, Groups: []string{ms2008 + "groups"}, Roles: []string{ms2008 + "role"},
			Directory: []string{ms2008 + "wids"}, Methods: []string{"http://schemas.microsoft.com/claims/authnmethodsreferences"}, External: []string{msIdentity + "usertype", "user.usertype", "usertype"}, MFA: mfa,
		}
	case ADFS:
		return Mapping{
			UPN: []string{wsClaims + "upn", adfsSchema + "UPN"}, Email: []string{wsClaims + "emailaddress", adfsSchema + "EmailAddress"},
			Name: []string{wsClaims + "name", adfsSchema + "CommonName"}, GivenName: []string{wsClaims + "givenname"}, FamilyName: []string{wsClaims + "surname"},
			ObjectID: []string{ms2008 + "primarysid"}, Groups: []string{adfsSchema + "Group", ms2008 + "groups"}, Roles: []string{ms2008 + "role"},
			Methods: []string{"http://schemas.microsoft.com/claims/authnmethodsreferences"}, DeviceID: []string{msDevice + "identifier"},
			DeviceManaged: []string{msDevice + "ismanaged"}, DeviceCompliant: []string{msDevice + "iscompliant"}, DeviceTrust: []string{msDevice + "trusttype"}, MFA: mfa,
		}
	case Okta:
		return Mapping{
			UPN: []string{"login", "username", "upn"}, Email: []string{"email", "mail"}, Name: []string{"displayName", "name"}, GivenName: []string{"firstName", "given_name"},
			FamilyName: []string{"lastName", "family_name"}, ObjectID: []string{"id", "userId"}, Groups: []string{"groups", "group", "memberOf"}, Roles: []string{"roles", "role"},
			Methods: []string{"amr", "session.amr"}, DeviceID: []string{"device.id", "deviceId"}, DeviceManaged: []string{"device.managed", "deviceManaged"},
			DeviceCompliant: []string{"device.compliant", "deviceCompliant"}, DeviceTrust: []string{"device.trust", "deviceTrust"}, MFA: append(mfa, "mfa"),
		}
	case Google:
		return Mapping{
			UPN: []string{"primaryEmail", "email"}, Email: []string{"email", "primaryEmail", "mail"}, Name: []string{"displayName", "fullName", "name"}, GivenName: []string{"firstName", "givenName"},
			FamilyName: []string{"lastName", "familyName", "surname"}, ObjectID: []string{"id", "googleId"}, Groups: []string{"groups", "memberOf"}, Roles: []string{"roles", "role"}, MFA: mfa,
		}
	case Keycloak:
		return Mapping{
			UPN: []string{"username", "preferred_username", oidUID}, Email: []string{"email", oidMail, "mail"}, Name: []string{"name", "displayName", oidDisplay},
			GivenName: []string{"firstName", "givenName", oidGiven}, FamilyName: []string{"lastName", "surname", oidSurname}, ObjectID: []string{"id", "sub"},
			Groups: []string{"groups", "member", "memberOf", oidMember}, Roles: []string{"Role", "roles"}, DeviceID: []string{"device_id"}, DeviceManaged: []string{"device_managed"},
			DeviceCompliant: []string{"device_compliant"}, DeviceTrust: []string{"device_trust"}, Methods: []string{"amr"}, MFA: append(mfa, "mfa"),
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
		Subject: s.NameID.Value, UPN: one(m.UPN), Email: one(m.Email), Name: one(m.Name), GivenName: one(m.GivenName), FamilyName: one(m.FamilyName),
		ObjectID: one(m.ObjectID), TenantID: one(m.TenantID), Groups: slices.Clone(find(m.Groups)), Roles: slices.Clone(find(m.Roles)), Directory: slices.Clone(find(m.Directory)),
		Methods: slices.Clone(find(m.Methods)), DeviceID: one(m.DeviceID), DeviceManaged: one(m.DeviceManaged), DeviceCompliant: one(m.DeviceCompliant),
		DeviceTrust: one(m.DeviceTrust), AuthTime: s.AuthnInstant, Truncated: len(find([]string{groupOverage})) > 0,
	}
	if len(m.Subject) > 0 {
		c.Subject = one(m.Subject) // named by the administrator: absent means nobody, not the NameID
	}
	if c.Email == "" && (s.NameID.Format == FormatEmail || strings.Count(c.UPN, "@") == 1) {
		if c.Email = c.UPN; s.NameID.Format == FormatEmail {
			c.Email = s.NameID.Value
		}
	}
	switch strings.ToLower(one(m.External)) {
	case "guest", "true", "external":
		c.External = true
	}
	c.MultiFactor = slices.ContainsFunc(append([]string{s.Context}, c.Methods...), func(v string) bool { return slices.Contains(m.MFA, v) })
	return c
}
