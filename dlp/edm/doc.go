// Package edm is exact data match: it knows a company's own records, such as its patients or customers, by keyed hashes of
// their fields, and finds them in text.
//
// It owns the schema of a table ([Schema]), how values are brought into one form and hashed ([Hasher]), the format of table
// files and their index ([Table], [Index]), and the judge that makes a schema with its table an information type
// ([Schema.Type]). It opens no file: tables are read through io.ReaderAt, and written to an io.Writer in the order that
// package inspect/edm sorts them into.
//
// A table holds hashes only: HMAC-SHA-256 under a key of the table's own, cut to eight bytes a field. Whoever has the file
// without the key learns how many records there are, and which have fields in common. Whoever has the key too can try
// values: there are only a billion social security numbers, and a card number's unknown digits are fewer. So a hash keeps
// data from being read in passing, not from being tried out; the key is sealed and the file is for its owner only.
//
// The way of a look: the engine (package dlp) finds what has the form of a searched column's values; the judge brings it
// into normal form, hashes it, asks the filter in memory and then one bucket of the file; if there are rows, the words
// around it are hashed, and the row that has most of them decides.
//
// L1, pure. Begin with schema.go, then judge.go; format.go has the bytes.
package edm
