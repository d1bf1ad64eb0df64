// Package extract finds the text in files: in documents, mail, archives and plain text of any charset. It goes by what
// the bytes are, never by the name.
//
// [Extract] writes the text of a file to a writer, part after part, as UTF-8: paragraphs and cells on lines of their
// own, entities and escapes decoded, whatever else may hold text with it (notes, comments, headers, hidden sheets,
// deleted text, properties, addresses of links, attachments, files in files). It doesn't look for anything in the text;
// that is package dlp's, whose scans are such writers.
//
// What can't be read is never left out in silence: [Result] names every part that was encrypted, corrupt, of a kind that
// isn't known here, or beyond a bound. Bounds are on depth, parts, memory and the size of what is decompressed, so that a
// hostile file costs its own verdict. PDF and pictures are read by others, which [Limits] name: without them PDF and files
// that are pictures are unsupported, and pictures in documents are counted. docs/reference/formats.md says what is read.
//
// A kind of file is one file of this package, listed in all.go. L1, pure: readers in, a writer out. Begin with extract.go,
// then run.go (parts, bounds) and kind.go (how a kind is told).
package extract
