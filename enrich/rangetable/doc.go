// Package rangetable owns one thing: a read-only table from address ranges to a number and a name, small enough to
// be embedded in the binary and quick enough to be asked for every request.
//
// It does not know what the numbers and names mean (package enrich does) and does not open files: a table is built by
// a [Builder], written by [Table.WriteTo] when the data is prepared, and read back by [Read] from bytes.
//
// Layer L1, no I/O. Begin with [Table.Lookup]; the written form is described in codec.go.
package rangetable
