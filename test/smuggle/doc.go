// Package smuggle sends requests that two servers may read differently, byte for byte, to Referee's listener and to
// nginx, HAProxy and Apache in front of the same recording app, and compares what came of them.
//
// It owns the cases and the judgement: whatever a client sends, what Referee passes on is one unambiguous request or
// nothing. It does not own fuzzing of the parsers (their packages do). Peers that are not installed are left out, and
// the table says so. Tests only. Begin with cases_test.go.
package smuggle
