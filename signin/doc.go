// Package signin is Referee's sign-in broker: an OpenID, SAML and WS-Federation provider towards the apps, an OpenID
// client or a SAML service provider towards the company's own identity providers, and the hand-over that takes a
// browser to a mapped host.
//
// It owns flows, the broker's cookies, the pages a person meets on the way (blocked, confirm, request access,
// signed out) and the device-proof host. It does not decide who may go where (it asks its [Gate], which
// package access fulfils) and never proxies (gateway).
//
// A way through it is a chain of small steps, each of which ends in one redirect:
//
//	authorize ─▶ login ─▶ (start ─▶ provider ─▶ callback ─▶ login) ─▶ (device) ─▶ finish
//	saml/sso ─▶ saml/continue ─▶ (the same detour) ─▶ (device) ─▶ the answer, posted to the app
//	handover  ─▶ (same detour)                                     ─▶ (device) ─▶ code to the mapped host
//
// State between steps is a [Flow]: sealed, short-lived, bound to the browser that started it. Layer L3.
// Begin with [Broker.ServeHTTP] and login.go.
package signin
