// Package demo starts a whole Referee with everything it needs to be tried: a company's OpenID provider, a files
// app on several hosts, a tenant with policies, a development CA and a "managed" laptop's client certificate.
//
// It owns the scenery and the words that explain it. Everything it shows is the product: the demo seeds the same
// stores that the API writes, and gives itself no other way in. The parts that stand for other companies'
// software are demo/provider and demo/filesapp. Layer L6. Begin with [Run].
package demo
