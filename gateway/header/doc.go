// Package header maps what travels in header fields between a mapped host and the real one: authorities, URLs,
// origins, validators, cookies' names, caching rules.
//
// It owns which field is kept, mapped, replaced or dropped in either direction, and the reverse mapping of the
// suffix wherever a mapped authority is written: queries, paths, small bodies. It does not own bodies
// (gateway/rewrite), the cookie jar (session) nor who may ask (gateway). It knows no session and does no I/O.
// Layer L3, imported by gateway only. Begin with [Mapper].
//
// A request's header map is edited in place: the server hands every request a map of its own and never looks at it
// again, and a copy would cost a tenth of a small request.
package header
