package appcheck

import (
	"bytes"
	"context"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// page is what the first page's elements say.
type page struct {
	title    string
	password bool   // a field for a password
	metaCSP  string // the first policy in the page itself
	worker   bool   // a web app manifest, which usually comes with a service worker
	integers int    // elements with an integrity attribute

	frames, forms, assets map[string]bool // hosts
	scripts               []string        // addresses
	integrity             map[string]bool // of them, which have one
	inline                []string
}

// page reads the page at the end of the trip, and its scripts.
func (f *fetcher) page(ctx context.Context) {
	s := f.s
	s.page = page{frames: map[string]bool{}, forms: map[string]bool{}, assets: map[string]bool{}, integrity: map[string]bool{}}
	last := s.last()
	if last == nil || !strings.Contains(last.header.Get("Content-Type"), "html") && !bytes.Contains(last.body[:min(len(last.body), 512)], []byte("<")) {
		return
	}
	s.readPage(last.at, last.body)
	for _, text := range s.page.inline {
		s.addScript("", false, text)
	}
	asked := map[string]bool{}
	for _, at := range s.page.scripts {
		u, err := url.Parse(at)
		if err != nil || asked[at] || len(asked) >= maxScripts || ctx.Err() != nil || !s.own(authority(u)) && !s.page.assets[authority(u)] {
			continue
		}
		asked[at] = true
		if a, err := f.get(ctx, at); err == nil && a.status == 200 {
			s.addScript(at, s.page.integrity[at], string(a.body))
		}
	}
}

// literal finds hosts in scripts: with a scheme, plain or escaped.
var literal = regexp.MustCompile(`(?i)(?:https?|wss?):(?://|\\/\\/|\\u002f\\u002f)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z][a-z0-9-]*[a-z0-9](?::[0-9]{2,5})?)`)

func (s *seen) addScript(at string, integrity bool, text string) {
	s.code = append(s.code, script{at: at, integrity: integrity, text: text})
	for _, m := range literal.FindAllStringSubmatch(text, 2000) {
		host := strings.TrimSuffix(strings.ToLower(m[1]), ":443")
		if s.own(host) { // scripts are full of names that nothing is ever asked of
			s.note(host, UseScript)
		}
	}
}

// readPage walks the elements. A page that can't be read as HTML has none.
func (s *seen) readPage(base *url.URL, body []byte) {
	z := html.NewTokenizer(bytes.NewReader(body))
	z.SetMaxBuf(1 << 20)
	p := &s.page
	for inScript, inTitle := false, false; ; {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			switch {
			case inTitle && p.title == "":
				p.title = short(strings.TrimSpace(string(z.Text())))
			case inScript:
				if len(p.inline) < 4*maxScripts {
					p.inline = append(p.inline, string(z.Text()))
				}
			}
		case html.EndTagToken:
			inScript, inTitle = false, false
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			attr := map[string]string{}
			for _, a := range t.Attr {
				if _, twice := attr[a.Key]; !twice {
					attr[a.Key] = a.Val
				}
			}
			inTitle = t.Data == "title"
			inScript = t.Data == "script" && attr["src"] == ""
			if t.Data == "base" && attr["href"] != "" {
				if u, err := base.Parse(attr["href"]); err == nil {
					base = u
				}
			}
			s.element(base, t.Data, attr)
		}
	}
}

// element keeps what one element says.
func (s *seen) element(base *url.URL, tag string, attr map[string]string) {
	p := &s.page
	if attr["integrity"] != "" {
		p.integers++
	}
	name := map[string]string{
		"script": "src", "img": "src", "iframe": "src", "frame": "src", "embed": "src", "audio": "src", "video": "src", "source": "src", "link": "href", "form": "action",
		"object": "data",
	}[tag]
	switch {
	case tag == "input" && strings.EqualFold(attr["type"], "password"):
		p.password = true
	case tag == "meta" && strings.EqualFold(attr["http-equiv"], "content-security-policy") && p.metaCSP == "":
		p.metaCSP = attr["content"]
	case tag == "link" && strings.Contains(strings.ToLower(attr["rel"]), "manifest"):
		p.worker = true
	}
	value := strings.TrimSpace(attr[name])
	if name == "" || value == "" {
		return
	}
	u, err := base.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return
	}
	host := authority(u)
	s.note(host, UsePage)
	switch tag {
	case "iframe", "frame", "object", "embed":
		p.frames[host] = true
	case "form":
		p.forms[host] = true
	case "script":
		p.assets[host] = true
		if u.Scheme == "https" && len(p.scripts) < 4*maxScripts {
			at := u.String()
			p.scripts = append(p.scripts, at)
			p.integrity[at] = attr["integrity"] != ""
		}
	default:
		p.assets[host] = true
	}
}
