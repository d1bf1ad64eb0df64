// Package entraid is a double of Microsoft Entra ID for tests: the part of its sign-in service that a browser, an app and a
// federated identity provider see.
//
// It owns home-realm discovery (getuserrealm.srf, GetCredentialType, login_hint and domain_hint), the redirect to the
// identity provider that a domain is federated to, by WS-Federation or SAML 2.0, strict checks of the token that comes
// back, and the OpenID answer to the app by form_post, fragment or query. What it takes for true is what Microsoft Learn
// says: "Use a SAML 2.0 identity provider for single sign-on", "Azure AD federation compatibility list", Graph's
// internalDomainFederation, and the v2.0 endpoints' reference. It does not own Conditional Access, managed domains'
// passwords (their page is there, to show that it is never reached), nor accounts beyond their anchor. It never ran
// against the real service: that both agree is not shown by it. Begin with [New].
package entraid
