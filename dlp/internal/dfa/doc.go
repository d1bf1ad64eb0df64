// Package dfa turns many regular expressions into one automaton over bytes whose states are built when text first needs
// them, and walks text with it. It owns the way from a parsed expression ([regexp/syntax]) to a table; it knows nothing
// of sensitive information types, checksums or keywords.
//
// The expressions of one [Program] run side by side: a byte of text costs one table look-up however many there are.
// There is no backtracking. The table has a fixed size; when it is full it is dropped and begun anew, so memory is
// bounded whatever the text. A [Machine] is shared by any number of goroutines: reading the table takes no lock.
//
// Matches are by the longest rule, never by the order of alternatives, so greedy and lazy repetition mean the same.
// Text is taken as UTF-8; a byte that is not part of a valid sequence is matched by no class.
//
// L1, pure. Begin with program.go (expressions to instructions), then machine.go (instructions to states), walk.go.
package dfa
