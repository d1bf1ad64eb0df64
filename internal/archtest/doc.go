// Package archtest holds the tree to its architecture: which layer a package is in, what it may import, what may link
// DuckDB, and the few rules of the house that a reader relies on everywhere (see rules.go for each).
//
// It owns the layer table (layers.go) and the list of exceptions (exceptions.go); the table in ARCHITECTURE.md must
// agree with it. It reads sources with io/fs and go/parser and starts no process: a `go list` child would be hidden
// from the test cache, and a change of the tree would leave an old "ok" standing.
//
// It is a test, nothing imports it. Begin with layers.go; to see what is refused, read archtest_test.go.
package archtest
