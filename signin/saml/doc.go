// Package saml speaks SAML 2.0 on both sides of the sign-in broker, in a narrow profile: service provider towards the
// company's identity providers, identity provider towards the apps, single logout both ways, metadata of both.
//
// It owns the wire: strict reading, signatures, encryption, what a message must say and when. It does no I/O: the
// caller brings bytes, a clock and keys, keeps request ids bound to a browser, stores replay keys, decides who may go
// where and shows pages (package signin). Layer L3.
//
// What is believed. A document is read by one parser that refuses comments, CDATA, processing instructions, document
// types, relative namespaces and doubled IDs. A signature must be the signed element's own child, refer to that
// element alone by its ID, through enveloped-signature and exclusive canonicalization, by RSA or ECDSA with SHA-256 or
// more, from a key that is pinned; KeyInfo is never looked at. Then the element is read anew from the canonical
// bytes that were hashed, and the original tree is forgotten: no claim comes from anywhere else.
//
//	provider ◀── Request ── ServiceProvider ── VerifyResponse ◀── FromForm ◀── browser       SignIn ─▶ Claims
//	app ──▶ FromForm, FromQuery ──▶ IdentityProvider.ParseRequest ─▶ (sign-in) ─▶ Respond, Refuse ──▶ browser
//	either ──▶ Local.ParseLogoutRequest ─▶ AnswerLogout;   Local.RequestLogout ─▶ ParseLogoutResponse
//
// Every error is a fault whose [ReasonOf] is one word of a closed list, for the activity log, and whose fault.Help is
// a plain sentence for the person. The caller must, before it lets anybody in, store [SignIn].Replay and refuse with
// [ReasonReplay] when it was there.
//
// Begin with [ServiceProvider.VerifyResponse] in response.go, then parse.go and signature.go.
package saml
