package hashlist

import (
	"strings"
	"testing"
)

func FuzzRead(f *testing.F) {
	f.Add("# x\nd41d8cd98f00b204e9800998ecf8427e name\n")
	f.Fuzz(func(t *testing.T, text string) {
		list := &table{by: map[int][]entry{}, names: []string{"malware"}}
		if err := list.read(strings.NewReader(text), "list"); err != nil {
			return
		}
		for n, entries := range list.by {
			if n != 16 && n != 20 && n != 32 {
				t.Fatalf("a hash of %d bytes", n)
			}
			for _, e := range entries {
				if int(e.name) >= len(list.names) {
					t.Fatal("a name that isn't there")
				}
			}
		}
	})
}
