package appcheck

import (
	"fmt"
	"strings"
)

// redirects judges where the app's address leads.
func redirects(s *seen) []Finding {
	var way []string
	for _, a := range s.trip {
		if host := authority(a.at); len(way) == 0 || way[len(way)-1] != host {
			way = append(way, host)
		}
	}
	var out []Finding
	if len(way) > 1 {
		out = append(out, Finding{Level: Note, Saw: "Its address leads " + strings.Join(way, ", then ") + ".", Does: "Redirects between the instance's hosts stay at mapped hosts; those to others are left as they are."})
	}
	if s.lost != "" {
		out = append(out, Finding{Level: Warning, Saw: "Its first page was not reached: " + s.lost + ".", Does: "The rest of this report rests on less. See whether it needs a path, such as https://" + s.host + "/app."})
	} else if a := s.last(); a != nil && a.status >= 400 {
		out = append(out, Finding{Level: Warning, Saw: fmt.Sprintf("Its first page answers %d.", a.status), Does: "The rest of this report rests on less. It may refuse whoever is no known browser, or need a path."})
	}
	return out
}
