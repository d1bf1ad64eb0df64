// Package label reads and writes the sensitivity labels of Microsoft Information Protection in files: of Office documents
// (docMetadata/LabelInfo.xml first, then docProps/custom.xml), PDF (document information and XMP) and mail (the header
// msip_labels, read only), and puts a label's marks on pages, slides and sheets. It doesn't say what a label means, which is the
// tenant's taxonomy, and it encrypts nothing.
//
// A file that is encrypted as a whole hides its labels; then [Read] says so instead of "none", and [Write] refuses. L1,
// pure. Begin with read.go, then write.go.
package label
