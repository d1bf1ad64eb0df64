package filesapp

import (
	"bytes"
	"strings"
)

// Text documents begin with front matter, as documents of many systems do:
//
//	---
//	control: <marker>
//	---
//
// The editor and the preview work on what follows it; a download has all of it.

func textFile(canary string, pages []page) []byte {
	var b bytes.Buffer
	b.WriteString("---\ncontrol: " + canary + "\n---\n")
	for _, p := range pages {
		b.WriteString(p.Title + "\n" + strings.Repeat("=", len(p.Title)) + "\n\n" + strings.Join(p.Lines, "\n") + "\n")
	}
	return b.Bytes()
}

// splitFrontMatter cuts a text into its front matter, fences included, and its body.
func splitFrontMatter(text string) (front, body string) {
	if !strings.HasPrefix(text, "---\n") {
		return "", text
	}
	end := strings.Index(text, "\n---\n")
	if end < 0 {
		return "", text
	}
	cut := end + len("\n---\n")
	return text[:cut], text[cut:]
}

func csvFile(canary string, pages []page) []byte {
	var b bytes.Buffer
	b.WriteString("# control: " + canary + "\r\n") // a comment line, as statistics offices write them
	for _, line := range pages[0].Lines {
		b.WriteString(strings.ReplaceAll(line, "\t", ",") + "\r\n")
	}
	return b.Bytes()
}
