// Package appprofile knows apps from outside: which hosts each has, which of its requests are downloads, uploads and
// other activities, where people sign in to it, what it needs of its hosts' names, and what can't be done.
//
// It owns one data file an app (folder app, listed in all.go) and the instance that is made from it. It does not own what
// is recognised in requests without a profile (gateway/recognise), nor an instance's own additions (catalog).
//
// A profile says what stands behind it. All are from public documentation until somebody ran the app behind Referee: only
// evidence "live" may be called supported. Beside each profile are requests as cases, NAME.cases, that gateway/recognise
// runs against it. Layer L2, in the family of catalog. Begin with [Profile].
package appprofile
