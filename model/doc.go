// Package model holds Referee's nouns: plain values that more than one layer speaks about.
//
// It owns types, their names and their validation. It has no behaviour beyond String and Validate, no
// interface, no I/O and no dependency outside the standard library; a type enters only when two layers need
// it. Layer L0. Begin with [Activity]: everything that happens, in line or read from an API, is one.
package model
