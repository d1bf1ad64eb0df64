// Package edm keeps tables of exact data matches on disk: it makes their hashes on the administrator's machine ([Hash]),
// takes uploads of them, and opens them for scans ([Store]).
//
// It owns files: temporary ones while rows are sorted, uploads on their way, one file and index a table. The bytes in them,
// and how rows are found, are package dlp/edm's; what is known of a table beside its file is kept by [own.TableStore].
//
// The way of a table: Hash reads CSV and writes hashes, sorted, with memory that does not grow with the rows. The file is
// uploaded in pieces that may be sent again; at the end it is compared with its SHA-256, read whole to make its index,
// held against the tenant's schema and the key, and takes the place of the version before. Scans that run go on with the
// old one. Keys are sealed by the tenant's vault key, apart from the files.
//
// L4. Begin with hash.go for the administrator's side, store.go for the server's.
package edm
