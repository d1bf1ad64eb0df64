// Package pdf reads the objects of a PDF file (ISO 32000-2) where they lie, and writes incremental updates, so that all
// bytes that were there stay. It knows cross-reference tables and streams, hybrids of both and object streams; it unpacks
// Flate alone. It draws nothing, extracts no text and mends nothing: a file whose cross references don't lead to its
// objects is [ErrDamaged], whatever a patient reader makes of it.
//
// Offsets and lengths are of bytes. L1, pure. Begin with file.go; values are in value.go.
package pdf
