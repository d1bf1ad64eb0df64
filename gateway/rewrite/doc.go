// Package rewrite changes the host names in bodies on their way to the browser, as a stream.
//
// It owns which content is touched (pages, style, script, the URL fields of JSON that a profile names), how a
// host name is recognised, content codings, and the editing of content security policies. It leaves data alone:
// text that people read, JSON values, files. It does not own headers (gateway/header) nor the map of hosts
// (catalog, through [Hosts]). Bytes that need no change come out as they went in. Layer L3, below gateway.
// Begin with [New]; literal.go says what counts as a host name.
package rewrite
