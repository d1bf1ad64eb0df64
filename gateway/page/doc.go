// Package page holds the pages that people meet at a mapped host: blocked, notice of a monitored session, errors,
// the page that sends a kept form again, and the suffix apex.
//
// It owns their words, all of them in the templates of folder page and in text.go, so that a language is one more
// folder. It does not own layout and look (internal/webpage) nor when a page is shown (gateway). Layer L3. Begin
// with [Blocked].
package page
