// Package own keeps a tenant's own information types: what it adds to the built-in ones of dlp/sit.
//
// It owns the documents and their kinds ([Decode]), what they must be together ([Set.With]), the contract of their store
// ([Store]) and the view of a tenant's types that engines are built from ([Library]). It doesn't own how a type is found
// (package dlp), nor where documents are kept (store).
//
// The kinds: InformationType (patterns and words), InformationTypeBundle (a named set of types), DocumentFingerprint (a
// form or template, known by its wording), ExactDataMatch (a table of the company's own records, known by hashes). The ids of all kinds, and those of the built-in types and bundles, are one
// namespace: a policy that names one can't mean another.
//
// L1, pure. Begin with [Decode] and [Library].
package own
