package shelf

import (
	"slices"
	"testing"
	"time"
)

func TestShelf(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var gone []int
	s := New(Options[int]{Clock: func() time.Time { return now }, Lifetime: time.Hour, Idle: time.Minute, Limit: 3, Gone: func(v int) { gone = append(gone, v) }})
	one := s.Put(1)
	now = now.Add(59 * time.Second)
	if v, ok := s.Get(one); !ok || v != 1 {
		t.Fatal("an item in use is gone")
	}
	now = now.Add(time.Minute)
	if _, ok := s.Get(one); ok {
		t.Error("an idle item is there")
	}
	if !slices.Equal(gone, []int{1}) {
		t.Errorf("gone %v", gone)
	}
	keys := []string{s.Put(2), s.Put(3), s.Put(4), s.Put(5)}
	if _, ok := s.Get(keys[0]); ok {
		t.Error("the limit is not kept")
	}
	if n := s.DropWhere(func(v int) bool { return v == 3 }); n != 1 {
		t.Errorf("dropped %d", n)
	}
	s.Drop(keys[2])
	s.Drop(keys[2])
	if !slices.Equal(gone, []int{1, 2, 3, 4}) {
		t.Errorf("gone %v", gone)
	}
	for range 120 { // used all the time, and still over after its lifetime
		now = now.Add(30 * time.Second)
		s.Get(keys[3])
	}
	if _, ok := s.Get(keys[3]); ok {
		t.Error("an item outlived its lifetime")
	}
}
