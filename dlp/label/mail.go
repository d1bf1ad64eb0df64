package label

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"regexp"
	"strings"
)

// maxHeaders bounds the headers that are read.
const maxHeaders = 1 << 20

var labelled = regexp.MustCompile(`(?mi)^msip_labels:`)

// ofMail reads the header msip_labels: the properties, apart by semicolons.
func ofMail(src *io.SectionReader) ([]Label, error) {
	head := make([]byte, min(maxHeaders, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !labelled.Match(head) {
		return nil, nil
	}
	m, err := mail.ReadMessage(bytes.NewReader(head))
	if err != nil {
		return nil, nil //nolint:nilerr // a text that is no message has no labels
	}
	p := properties{}
	for item := range strings.SplitSeq(m.Header.Get("msip_labels"), ";") {
		name, value, _ := strings.Cut(item, "=")
		p.set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return p.list(), nil
}
