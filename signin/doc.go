// Package signin is Referee's sign-in broker: an OpenID provider towards the apps, an OpenID client towards
// the company's own identity provider, and the hand-over that takes a browser to a mapped host.
//
// It owns flows, the broker's cookies, the pages a person meets on the way (blocked, confirm, request access,
// signed out) and the device-proof host. It does not decide who may go where (it asks its [Gate], which
// package access fulfils) and never proxies (gateway).
//
// A way through it is a chain of small steps, each of which ends in one redirect:
//
//	authorize ─▶ login ─▶ (start ─▶ provider ─▶ callback ─▶ login) ─▶ (device) ─▶ finish
//	handover  ─▶ (same detour)                                     ─▶ (device) ─▶ code to the mapped host
//
// State between steps is a [Flow]: sealed, short-lived, bound to the browser that started it. Layer L3.
// Begin with [Broker.ServeHTTP] and login.go.
package signin
