// Package appcheck looks at an app from outside, before it is added: what it needs, what Referee does about it, and what
// can't be done.
//
// It owns asking (bounded requests without credentials, a crawl by a headless browser where there is one) and judging: one
// file a check, listed in all.go, each a function of what was seen. It does not own app profiles (catalog/appprofile), nor
// the instance that is made from a report. It sees what everybody sees: what comes after sign-in is not checked, and the
// report says so.
//
// What an app sends is hostile bytes: answers are bounded in size, number and time, and reach the report as plain text
// alone. Which addresses may be reached is the caller's to decide, by Dial. Layer L4. Begin with [Checker.Check].
package appcheck
