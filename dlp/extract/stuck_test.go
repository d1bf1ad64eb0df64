package extract

import (
	"errors"
	"io"
	"testing"
)

// stuck gives neither bytes nor an error, for ever.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// slow gives its bytes one at a time, and nothing in between.
type slow struct {
	text string
	wait int
}

func (s *slow) Read(p []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	if s.wait++; s.wait%50 != 0 {
		return 0, nil
	}
	n := copy(p[:1], s.text)
	s.text = s.text[n:]
	return n, nil
}

// TestReadersThatGiveNothing end with an error, not in a loop.
func TestReadersThatGiveNothing(t *testing.T) {
	t.Parallel()
	if _, err := io.ReadAll(&mixed{r: stuck{}}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("text: %v", err)
	}
	if err := rest(stuck{}, func([]byte) error { return nil }); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("the rest: %v", err)
	}
	got, err := io.ReadAll(&mixed{r: &slow{text: "sm\xf8r"}})
	if err != nil || string(got) != "smør" {
		t.Errorf("a slow one: %q, %v", got, err)
	}
	n := 0
	if err := rest(&slow{text: "slow"}, func(b []byte) error { n += len(b); return nil }); err != nil && !errors.Is(err, io.EOF) || n != 4 {
		t.Errorf("the rest of a slow one: %d, %v", n, err)
	}
}
