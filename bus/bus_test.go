package bus

import (
	"fmt"
	"testing"

	"github.com/referee-casb/referee/model"
)

// Every process, of every version, must find the same partition: these values never change.
func TestPartitionIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tenant model.TenantID
		key    string
		n      int
		want   int
	}{
		{"contoso", "user-1", 4, 1},
		{"contoso", "user-1", 8, 1},
		{"contoso", "user-2", 4, 0},
		{"contoso", "", 4, 0},
		{"", "", 4, 3},
		{"fabrikam", "user-1", 4, 3},
		{"contoso", "user-1", 1, 0},
	} {
		if got := Partition(c.tenant, c.key, c.n); got != c.want {
			t.Errorf("Partition(%q, %q, %d) = %d, want %d", c.tenant, c.key, c.n, got, c.want)
		}
	}
}

func TestPartitionsAreEvenlyUsed(t *testing.T) {
	t.Parallel()
	const n, keys = 8, 8000
	var used [n]int
	for i := range keys {
		used[Partition("contoso", fmt.Sprint("user-", i), n)]++
	}
	for p, got := range used {
		if got < keys/n*8/10 || got > keys/n*12/10 {
			t.Errorf("partition %d has %d of %d keys", p, got, keys)
		}
	}
	// The separator keeps a tenant and a key from flowing into each other.
	if Partition("ab", "c", 1<<30) == Partition("a", "bc", 1<<30) {
		t.Error("tenant and key are not told apart")
	}
}

func TestSubjectHasNoMorePartsThanGiven(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"a": "x.a", "a.b": "x.a_b", ">": "x._", "a *": "x.a__", "": "x."} {
		if got := Subject("x", in); got != want {
			t.Errorf("Subject(x, %q) = %q, want %q", in, got, want)
		}
	}
}
