// Package evidence keeps what made a decision about content: the places that matched, masked, with a little of the text
// around them, so that an analyst can tell a finding from a false alarm without opening the file.
//
// It owns what is kept ([Item]), the tenant's choice of it ([Setting]), its sealing and its end. It doesn't own the store
// ([Store] is its contract), nor who may look: package api asks for a role and records each look before it answers.
//
// What is kept is masked before it gets here: by package dlp, where the text is. Everything is sealed with a key of the
// tenant's, bound to the activity it belongs to, and removed after the tenant's days.
//
// L1, pure. Begin with [Keeper].
package evidence
