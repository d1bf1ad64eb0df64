package clamd

import (
	"testing"

	"github.com/referee-casb/referee/fault"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"stream: OK\x00": "", "stream: Eicar-Signature FOUND\x00": "Eicar-Signature", "stream:  FOUND\x00": "malware", "stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\x00": "error", "stream: Heuristics.Encrypted.Zip FOUND\x00": "error",
		"INSTREAM size limit exceeded. ERROR\x00": "error", "stream: OK FOUND extra": "error", "UNKNOWN COMMAND": "error", "": "error", "other: OK": "error", "stream: NOT OK": "error",
	} {
		got, err := read(answer)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q %v", answer, got, err)
		}
	}
	if _, err := read("INSTREAM size limit exceeded. ERROR"); !fault.Is(err, fault.Limited) || fault.Help(err) == "" {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("stream: OK\x00")
	f.Fuzz(func(t *testing.T, answer string) {
		if name, err := read(answer); name == "" && err == nil && len(answer) < len("stream: OK") {
			t.Fatalf("%q is clean", answer)
		}
	})
}
