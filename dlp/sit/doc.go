// Package sit is the family of built-in sensitive information types, one file each: what it looks like, what is checked,
// the keywords that support it, and texts that show it.
//
// To add one, copy the nearest file, rename it to the new id with underscores, and add a line to all.go; the test finds
// the rest. A type whose numbers have no check digit asks for a keyword. Each check says its public source. The test
// scans every type's positives and negatives.
//
// Ids are the names of Microsoft Purview's reference pages where it has the type, and Name and GUID are Purview's; keyword
// lists, expressions and checks are our own. L1, pure. Begin with all.go, then any type; shared checks are in checks.go.
package sit
