// Package session owns what a person's way through Referee leaves behind: the broker session, app sessions at
// mapped hosts, hand-over codes, host cookies, cookie jars, and their revocation.
//
// The way of a session: the broker signs a person in ([Session]) and, for an app instance, begins an
// [AppSession] with a fresh [DataKey] ([Begin]). [MintCode] hands it over to a mapped host, where [RedeemCode]
// takes it once and [MintHostCookie] makes that host's cookie. From then on [Cache] finds the session by the
// cookie on every request, and its [Jar] holds the app's cookies, which the browser never gets. A [Revocation]
// ends sessions everywhere; [Revocations] sees that no gateway misses one.
//
// Secrets that a browser holds are never stored, only their SHA-256. What is sealed with a data key opens only
// with a browser's secret and the tenant's vault key together: neither a stolen store nor a stolen cookie is
// enough.
//
// It does not decide who may have a session (signin, access) nor speak HTTP (gateway, signin). Layer L2. Begin
// with [Session] and [AppSession].
package session
