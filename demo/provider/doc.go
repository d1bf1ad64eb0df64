// Package provider is the demo's company sign-in: an OpenID provider in one process, with a handful of
// accounts and a login page.
//
// It owns the protocol towards relying parties (OpenID Connect Core 1.0, authorization code flow with PKCE
// only; Discovery 1.0; RP-Initiated Logout 1.0; RFC 9207 issuer identification), the login page and the
// browser's sign-in session. It does not own TLS, listening or name resolution: [Provider] is an
// [http.Handler] that answers for its issuer's host alone.
//
// It is written against the specifications and not on the library that Referee's own provider uses, so that
// the two check each other, and because every time in it comes from an injected clock: the demo can be
// moved a week ahead. State is in memory, bounded, and gone with the process. It is for demonstrations and
// tests; nothing here stores people for production.
//
// What a relying party can ask for: prompt=none, prompt=login, max_age, acr_values ([ACRPassword],
// [ACRSecondFactor]), login_hint, ui_locales (ignored), the scopes openid, profile, email and groups. It
// gets auth_time, acr, amr and sid in every ID token.
//
// Layer L6, part of the demo. Begin with [Config] and [New]; the way of a sign-in is authorize.go, login.go,
// token.go.
package provider
