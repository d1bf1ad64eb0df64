// Package extraction measures how much of the text in documents Referee finds and how fast, beside poppler's pdftotext,
// catdoc and LibreOffice on the same files.
//
// It owns the corpus: documents that LibreOffice makes from texts of its own, in every format that it writes, so that what
// must be found is known; and, where REFEREE_DOCUMENTS names a folder, real documents, for which LibreOffice's text is the
// measure. Built with the tag accept (make accept). REFEREE_ACCEPT_REPORT names a file that the tables are appended to.
// Tests only. Begin with extraction_test.go.
package extraction
