// Package fingerprint knows documents by their wording: a filled-in form by the empty one, a draft by the template it
// came from. It owns making a [Print] from a sample and finding how much of a print is in a text.
//
// A text is read as words, in lower case, without regard to spaces, punctuation and layout. Every [Shingle] words that
// follow each other are hashed, and of these hashes winnowing keeps some: of each run of neighbours the least, so that
// wherever enough of the sample's wording comes back, some of its hashes do (Schleimer, Wilkerson, Aiken: Winnowing,
// local algorithms for document fingerprinting, 2003). A text is as similar as the share of the print's hashes that is
// in it: text around the form, and what people fill in, take nothing away.
//
// It doesn't own where text comes from, nor what a similarity means: that is the type's (package dlp). A print holds no
// words, but whoever has it can try whether a text they guess was in the sample: it is not secret, yet no summary either.
//
// L1, pure. Begin with [Make] and [Index].
package fingerprint
