// Package filtertest holds the truth table of the filter language and runs it against an engine: the Go
// predicate, or a database through package filter/where. Stores call [Run] from their tests.
//
// testdata/rows.yaml has the rows, testdata/cases.yaml the filters with the rows that they match; the random
// part compares an engine with the Go predicate on filters and rows made from a seed. Layer L0. Begin with [Run].
package filtertest
