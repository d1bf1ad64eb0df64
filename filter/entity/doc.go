// Package entity declares the filter fields of Referee's entities: one file an entity, listed in all.go, the
// file's name being the entity's.
//
// Names are Defender's where it has the field (its REST API, else its console); the rest follow the same form.
// To add a field, add it to the list: documentation, CLI, API and the columns of stores come from there. To add
// an entity, copy the nearest file. What is decided about while it happens, a policy's input, is declared in
// package policy. Layer L0. Begin with [Activity].
package entity
