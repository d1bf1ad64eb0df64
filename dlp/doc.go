// Package dlp finds sensitive information types in text: payment cards, national ids, secrets, a tenant's own types.
// It owns what a type is ([Type]), the engine that looks for all types of a set in one pass ([Engine]), documents of own
// types ([DecodeTypes]) and bundles. It doesn't own where text comes from (extraction), nor what follows from a finding
// (package policy); it never keeps or reports matched text, but masked.
//
// The way of the data: text comes in pieces of any size ([Scan.Feed]) or from a reader ([Engine.Scan]), and is read in its
// plain form (ASCII digits, hyphens and spaces, nothing unseen). A filter says where matches may begin, and automata over
// the expressions of all types walk from there. Only where an expression matches is anything else done: borders of
// words, the type's check in code (checksums), keywords within a number of characters before and after. What holds is
// counted by type, confidence and distinct value.
//
// Findings depend on the text alone, never on how it was cut. Memory is bounded by construction: a window of text, a
// table of states of a fixed size that is shared by all scans, and capped counts. There is no backtracking.
//
// The types are a family, one file each, in dlp/sit; their checksums are in dlp/checksum.
//
// L1, pure. Begin with type.go, then engine.go (what is built once) and scan.go (what happens to text).
package dlp
