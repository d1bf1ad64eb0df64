// Package stage sets the scene for measurements and long runs: an identity provider and an app in the test's own
// process, and Referee as a child process that can be measured, profiled and killed.
//
// It owns that scenery and the people who sign in there. It does not own what is measured: test/bench, test/accept
// and test/smuggle do. The child is the test's own program started again, so that what runs is node's composition
// as it is in the tree; it ends when its standard input does, so that no child outlives its test. Everything
// listens on loopback. Layer L6. Begin with [New]; a program that uses it calls [Child] first.
package stage
