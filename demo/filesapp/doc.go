// Package filesapp is the demo's small web application: folders, documents, previews, an editor, uploads,
// sharing, on four hosts of one registrable name, as a business application is built. It is honest: it knows
// nothing of Referee, nothing in it helps a gateway, and it works by itself in a browser. It signs people in
// at exactly one OpenID provider and accepts no other.
//
// The hosts (see [Hosts]):
//
//	App     pages, sign-in, WebSocket presence, event stream; its own session cookie
//	API     JSON for the page's scripts; short-lived bearer tokens, CORS for App's origin, no cookies
//	Static  styles, a font, ES modules; anonymous, CORS
//	CDN     file bytes by signed URL or by cookie, preview pictures, the preview frame, one upload door
//
// It does on purpose everything that a gateway in front of it must understand: absolute URLs to sibling hosts in
// HTML, CSS, JavaScript and JSON, an import map, subresource integrity, a content security policy, messages
// between frames, five upload protocols, and more ways to get at a file's bytes than anybody would
// build (download.go, page "Ways to get this file").
//
// Documents are made by code (sample*.go). Each carries its own marker in its original bytes, see [Canary]:
// where that marker shows up, original bytes went. Preview pictures and the editor don't carry it.
//
// Everything is in memory and bounded. Layer L6, part of the demo. Begin with [Config], [New] and routes.go.
package filesapp
