// Package recognise says what a request and an answer are: a page, code, data, or a file on its way in or out.
//
// It owns the signals (headers, fetch metadata, first bytes, profile patterns) and the parsers of upload
// protocols. It decides nothing: whether a file may pass is policy's, holding it back is the gateway's. It is
// pure: no network, no clock. What a file is, its bytes say; a declared type is believed only where the bytes
// don't contradict it. Layer L3, below gateway. Begin with [Request] and [Response].
package recognise
