// Package catalog tells apps from instances: which apps exist, with Defender's ids, and which hosts of which
// tenant belong to an instance of one.
//
// It owns apps, instances, hosts, labels and the look-up from a mapped host name to a real host. It does not
// own what an app's requests mean (gateway) nor who may reach it (policy). Labels are looked up, never decoded
// to an arbitrary host: that is what keeps the gateway from being an open proxy. Layer L2.
//
// A mapped host is `<label>.<tenant>.<suffix>`, with a flat label made by [Label], an own one, or the dots of
// the real host where a profile needs them. An anonymous host, which must work without a cookie, is reached
// through `<token>---<label>.<tenant>.<suffix>` only, with the unguessable token of an app session.
//
// Begin with [Instance], then [Book], the immutable snapshot that requests are looked up in.
package catalog
