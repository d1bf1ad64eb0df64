// Package scim is the server of SCIM 2.0 (RFC 7643, RFC 7644), where a provisioning client such as Entra's or Okta's
// pushes a tenant's users and groups.
//
// It owns the wire: addresses, tokens, resources and their schemas, filters, PATCH with the dialects that clients are
// known to speak, paging, ETags, and errors in SCIM's form. It does not own what is kept (directory.Store), nor what
// follows for people's sessions: [Parts] is told of each change before the client has its answer. Layer L2, part of
// directory.
//
// A request goes through [Server.ServeHTTP], which checks the token and finds the source, then to the file of its
// resource: user.go or group.go. What a body says is brought into the schema's form first (schema.go, normal.go), so
// that all behind it deals with known names and types. Begin with [New].
package scim
