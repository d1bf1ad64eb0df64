// Package pdf reads PDF documents for package dlp/extract, with PDFium compiled to WebAssembly (go-pdfium on wazero):
// foreign code that parses hostile files runs in a sandbox with a memory of its own, without files and sockets. Each
// document gets a fresh instance (about 2 ms), so that one can't change how the next is read.
//
// Read are the text of all pages, with what annotations and form fields show; all strings of the document's objects
// (annotations, field values, properties, bookmarks, addresses, alternative texts); XML in it (XMP, XFA); and files in
// it. Pages that are pictures or drawings without text, and text whose fonts don't say which characters they draw, are
// named as not read, never passed over. Fonts that claim wrong characters are believed: only the eye can tell.
//
// Compiled code is kept in a folder that only its owner may write to, since it is run; compiling takes seconds. L4, used
// by inspect and cli. Begin with reader.go, then pages.go (text) and copy.go (everything else).
package pdf
