package appcheck

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzPage(f *testing.F) {
	f.Add(`<base href=//x.example.test/><script src=a.js integrity=x></script><script>fetch("https://api.example.test")</script><input type=password>`)
	f.Fuzz(func(t *testing.T, text string) {
		s := &seen{host: "app.example.test", hosts: map[string]map[Use]bool{}, certificates: map[string]*shown{}}
		s.page = page{frames: map[string]bool{}, forms: map[string]bool{}, assets: map[string]bool{}, integrity: map[string]bool{}}
		at, _ := url.Parse("https://app.example.test/")
		s.trip = []*answer{{at: at, header: map[string][]string{}}}
		s.readPage(at, []byte(text))
		for _, in := range s.page.inline {
			s.addScript("", false, in)
		}
		for _, h := range s.report().Hosts {
			if name, _, _ := strings.Cut(h.Name, ":"); !isName(name) {
				t.Fatalf("host %q", h.Name)
			}
		}
	})
}

func FuzzLog(f *testing.F) {
	f.Add(`{"constants":{"a":[1]},"events":[{"params":{"url":"https://a.example.test/x"}},{"params":{"url":5}},{"params":{"url":"https://b.example.test"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if n := len(hostsOfLog(strings.NewReader(text))); n > maxHosts {
			t.Fatal(n)
		}
	})
}

func TestLog(t *testing.T) {
	t.Parallel()
	got := hostsOfLog(strings.NewReader(`{"constants":{"events":1},"events":[{"params":{"url":"https://a.example.test/x","initiator":"https://x.test"}},{"params":{"url":5}},{"params":{"url":"https://own.test","initiator":"not an origin"}},{"params":{"url":"wss://b.example.test:444","initiator":"https://x.test"}},{"source":`))
	if strings.Join(got, " ") != "a.example.test b.example.test:444" {
		t.Errorf("%v", got)
	}
}
