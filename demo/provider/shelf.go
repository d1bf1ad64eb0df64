package provider

import (
	"sync"
	"time"
)

// shelf keeps short-lived things by an unguessable key: bounded in number, gone after a fixed time. When it
// is full the oldest goes first, so a flood of started sign-ins can't use up memory.
type shelf[T any] struct {
	clock func() time.Time
	ttl   time.Duration
	limit int

	mu    sync.Mutex
	items map[string]*kept[T]
	order []string // keys in order of arrival; may name keys that are gone
}

type kept[T any] struct {
	value   T
	expires time.Time
}

func newShelf[T any](clock func() time.Time, ttl time.Duration, limit int) *shelf[T] {
	return &shelf[T]{clock: clock, ttl: ttl, limit: limit, items: map[string]*kept[T]{}}
}

// put stores v under a new random key and returns the key.
func (s *shelf[T]) put(v T) string {
	key := randomID()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	for len(s.order) > 0 {
		first, ok := s.items[s.order[0]]
		if ok && len(s.items) < s.limit && now.Before(first.expires) {
			break
		}
		delete(s.items, s.order[0])
		s.order = s.order[1:]
	}
	s.items[key] = &kept[T]{value: v, expires: now.Add(s.ttl)}
	s.order = append(s.order, key)
	return key
}

// get returns the value if it is there and in time.
func (s *shelf[T]) get(key string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.items[key]
	if !ok || !s.clock().Before(k.expires) {
		var none T
		return none, false
	}
	return k.value, true
}

// update changes the value in place under the lock and reports whether it was there.
func (s *shelf[T]) update(key string, change func(*T)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.items[key]
	if !ok || !s.clock().Before(k.expires) {
		return false
	}
	change(&k.value)
	return true
}

func (s *shelf[T]) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, key)
}

// throttle slows down guessing: after ten wrong answers for an account within a minute the account waits
// until that minute is over. It counts accounts that exist and those that don't alike.
type throttle struct {
	clock func() time.Time
	mu    sync.Mutex
	since time.Time
	wrong map[string]int
}

const wrongAMinute = 10

func newThrottle(clock func() time.Time) *throttle {
	return &throttle{clock: clock, wrong: map[string]int{}}
}

func (t *throttle) blocked(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll()
	return t.wrong[name] >= wrongAMinute
}

func (t *throttle) count(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll()
	if len(t.wrong) < 4096 { // names are foreign input
		t.wrong[name]++
	}
}

func (t *throttle) roll() {
	if now := t.clock(); now.Sub(t.since) >= time.Minute || now.Before(t.since) {
		t.since = now
		clear(t.wrong)
	}
}
