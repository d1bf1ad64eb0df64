// Package shelf keeps short-lived things of the demo's servers in memory by an unguessable key: sign-ins,
// sessions, codes, tokens, unfinished uploads. It is bounded in number and in time, so no flood of started
// things uses up memory. It owns no meaning of what it keeps and writes nothing to disk. Layer L6, used by
// package demo and below only. Begin with [Shelf].
package shelf

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"sync"
	"time"
)

// Options bound a shelf.
type Options[T any] struct {
	Clock func() time.Time
	// Lifetime ends an item after it was put, however often it is read.
	Lifetime time.Duration
	// Idle ends an item that was not read for so long. Zero means never.
	Idle time.Duration
	// Limit is the number of items; when it is reached the oldest goes first.
	Limit int
	// Gone is called once for each item that leaves the shelf in any way, without the shelf's lock held.
	Gone func(T)
}

// Shelf is safe for concurrent use.
type Shelf[T any] struct {
	opt   Options[T]
	mu    sync.Mutex
	items map[string]*item[T]
	order []string // keys in order of arrival; may name keys that are gone
}

type item[T any] struct {
	value   T
	expires time.Time
	seen    time.Time
}

// New returns an empty shelf. Clock, Lifetime and Limit must be set.
func New[T any](opt Options[T]) *Shelf[T] {
	return &Shelf[T]{opt: opt, items: map[string]*item[T]{}}
}

// Put stores v under a new random key and returns the key.
func (s *Shelf[T]) Put(v T) string {
	key := RandomID()
	now := s.opt.Clock()
	s.mu.Lock()
	var gone []T
	for len(s.order) > 0 {
		oldest, ok := s.items[s.order[0]]
		if ok && len(s.items) < s.opt.Limit && s.live(oldest, now) {
			break
		}
		if ok {
			gone = append(gone, oldest.value)
			delete(s.items, s.order[0])
		}
		s.order = s.order[1:]
	}
	s.items[key] = &item[T]{value: v, expires: now.Add(s.opt.Lifetime), seen: now}
	s.order = append(s.order, key)
	if len(s.order) > 2*len(s.items)+64 { // most of it names what was dropped
		s.order = slices.DeleteFunc(s.order, func(k string) bool { return s.items[k] == nil })
	}
	s.mu.Unlock()
	s.say(gone)
	return key
}

// Get returns the item if it is there and in time, and notes that it was used.
func (s *Shelf[T]) Get(key string) (T, bool) {
	var out T
	ok := s.Update(key, func(v *T) { out = *v })
	return out, ok
}

// Update changes the item in place under the lock and reports whether it was there and in time. change must
// not call the shelf.
func (s *Shelf[T]) Update(key string, change func(*T)) bool {
	now := s.opt.Clock()
	s.mu.Lock()
	it, ok := s.items[key]
	if ok && s.live(it, now) {
		it.seen = now
		change(&it.value)
		s.mu.Unlock()
		return true
	}
	var gone []T
	if ok {
		gone = append(gone, it.value)
		delete(s.items, key)
	}
	s.mu.Unlock()
	s.say(gone)
	return false
}

// Drop removes an item; one that is not there is no error.
func (s *Shelf[T]) Drop(key string) {
	s.mu.Lock()
	it, ok := s.items[key]
	delete(s.items, key)
	s.mu.Unlock()
	if ok {
		s.say([]T{it.value})
	}
}

// DropWhere removes every item that match accepts and returns how many it were.
func (s *Shelf[T]) DropWhere(match func(T) bool) int {
	var gone []T
	s.mu.Lock()
	for key, it := range s.items {
		if match(it.value) {
			gone = append(gone, it.value)
			delete(s.items, key)
		}
	}
	s.mu.Unlock()
	s.say(gone)
	return len(gone)
}

func (s *Shelf[T]) live(it *item[T], now time.Time) bool {
	return now.Before(it.expires) && (s.opt.Idle == 0 || now.Sub(it.seen) < s.opt.Idle)
}

func (s *Shelf[T]) say(gone []T) {
	if s.opt.Gone == nil {
		return
	}
	for _, v := range gone {
		s.opt.Gone(v)
	}
}

// RandomID returns 192 random bits in URL-safe text.
func RandomID() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // documented never to fail
	return base64.RawURLEncoding.EncodeToString(b[:])
}
