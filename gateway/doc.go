// Package gateway is the data plane: it takes requests for mapped hosts (<label>.<tenant>.<suffix>), finds the
// session they belong to, asks policy about what they do, enforces the answer on bytes, and speaks to the app at its
// real host.
//
// The way of a request, and the file to read for each step:
//
//	gateway.go    route by Host, refuse what is malformed or unknown (refuse.go), Referee's own paths (own.go)
//	identify.go   find the session: cookie, look-up, bearer, session label, public host; else a trip through sign-in
//	              (handover.go, enter.go, stash.go) or a 401
//	proxy.go      recognise the request, decide what can be decided before the app is contacted, forward
//	respond.go    recognise the answer, decide, rewrite, hand it over
//	decide.go     the decision loop: build the input, ask, fetch what is needed, ask again
//	download.go, upload.go, ranges.go
//	              the activities whose bytes count: intent before the first byte, outcome after the last
//	upgrade.go    WebSockets
//	live.go       revocation and sign-out
//
// It does not decide (policy), recognise (gateway/recognise), rewrite bodies (gateway/rewrite), keep sessions and
// cookies (session), nor know which hosts exist (catalog). What it calls, it calls through the small interfaces of
// parts.go. Every path on which something fails says whether it fails closed or open, and why. Layer L3. Begin with
// [Gateway].
package gateway
