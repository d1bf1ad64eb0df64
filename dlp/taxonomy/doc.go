// Package taxonomy keeps what a tenant's sensitivity labels are: their ids and names, their order, what marks they make
// and whether they encrypt; and decides which of two labels a file has to have.
//
// It reads them from documents (kind SensitivityLabels) and from what Microsoft Graph answers, and says how they are
// stored. Labels inside files are package label's. L1, pure. Begin with [Set].
package taxonomy
