package rewrite

import "bytes"

// attribute is one attribute of a start tag, by its place in the tag's raw bytes.
type attribute struct {
	nameFrom, nameTo   int
	valueFrom, valueTo int // without quotes; equal where there is no value
}

// attributes splits a start tag's raw bytes as the HTML tokenizer does (HTML Living Standard, 13.2.5.32 to 39).
func attributes(raw []byte, out []attribute) []attribute {
	out = out[:0]
	i := 1 // after "<"
	for i < len(raw) && !space(raw[i]) && raw[i] != '/' && raw[i] != '>' {
		i++
	}
	for i < len(raw) {
		for i < len(raw) && (space(raw[i]) || raw[i] == '/') {
			i++
		}
		if i >= len(raw) || raw[i] == '>' {
			return out
		}
		a := attribute{nameFrom: i}
		if raw[i] == '=' { // "unexpected equals sign before attribute name": it is part of the name
			i++
		}
		for i < len(raw) && !space(raw[i]) && raw[i] != '/' && raw[i] != '>' && raw[i] != '=' {
			i++
		}
		a.nameTo = i
		j := i
		for j < len(raw) && space(raw[j]) {
			j++
		}
		if j < len(raw) && raw[j] == '=' {
			for j++; j < len(raw) && space(raw[j]); {
				j++
			}
			i = a.value(raw, j)
		}
		out = append(out, a)
	}
	return out
}

// value finds the value that begins at i and returns where it ends with its quote.
func (a *attribute) value(raw []byte, i int) int {
	if i < len(raw) && (raw[i] == '"' || raw[i] == '\'') {
		quote := raw[i]
		a.valueFrom = i + 1
		n := bytes.IndexByte(raw[a.valueFrom:], quote)
		if n < 0 {
			a.valueTo = len(raw)
			return len(raw)
		}
		a.valueTo = a.valueFrom + n
		return a.valueTo + 1
	}
	a.valueFrom = i
	for i < len(raw) && !space(raw[i]) && raw[i] != '>' {
		i++
	}
	a.valueTo = i
	return i
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// use says what an attribute's value is.
type use uint8

const (
	useData use = iota
	useURL
	useCode
	usePage      // srcdoc: a page, with its markup escaped once
	useIntegrity // digest of a body that may be rewritten
)

// urlAttributes are the attributes that hold addresses, on whatever element.
var urlAttributes = map[string]bool{
	"href": true, "src": true, "srcset": true, "imagesrcset": true, "action": true, "formaction": true, "poster": true, "data": true, "cite": true,
	"background": true, "ping": true, "manifest": true, "xlink:href": true, "codebase": true, "longdesc": true, "usemap": true, "profile": true, "itemid": true,
}

// useOf says what an attribute of an element holds.
func useOf(name string) use {
	switch {
	case urlAttributes[name]:
		return useURL
	case name == "style", len(name) > 2 && name[:2] == "on":
		return useCode
	case name == "srcdoc":
		return usePage
	case name == "integrity":
		return useIntegrity
	}
	return useData
}
