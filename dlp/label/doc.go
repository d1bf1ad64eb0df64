// Package label reads the sensitivity labels that Microsoft Information Protection writes into files: of Office documents
// (docMetadata/LabelInfo.xml first, then docProps/custom.xml), PDF (document information and XMP) and mail (the header
// msip_labels). It doesn't say what a label means, which is the tenant's taxonomy, and it writes none.
//
// A file that is encrypted as a whole hides its labels; then [Read] says so instead of "none". L1, pure. Begin with
// read.go.
package label
