package inspect

import (
	"container/list"
	"sync"
)

// recent keeps what was used last.
type recent[T any] struct {
	mu    sync.Mutex
	most  int
	by    map[string]*list.Element
	order *list.List // the last used first
}

type entry[T any] struct {
	key   string
	value T
}

func newRecent[T any](most int) *recent[T] {
	return &recent[T]{most: most, by: map[string]*list.Element{}, order: list.New()}
}

// get returns what is kept under a key.
func (r *recent[T]) get(key string) (v T, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.by[key]
	if !ok {
		return v, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*entry[T]).value, true
}

// or returns what is kept under a key, and keeps what fresh makes when there is nothing.
func (r *recent[T]) or(key string, fresh func() T) T {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.by[key]; ok {
		r.order.MoveToFront(e)
		return e.Value.(*entry[T]).value
	}
	v := fresh()
	r.put(key, v)
	return v
}

// set keeps a value.
func (r *recent[T]) set(key string, v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.by[key]; ok {
		e.Value.(*entry[T]).value = v
		r.order.MoveToFront(e)
		return
	}
	r.put(key, v)
}

func (r *recent[T]) put(key string, v T) {
	r.by[key] = r.order.PushFront(&entry[T]{key, v})
	for len(r.by) > r.most {
		last := r.order.Back()
		r.order.Remove(last)
		delete(r.by, last.Value.(*entry[T]).key)
	}
}
