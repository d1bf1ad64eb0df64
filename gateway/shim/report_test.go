package shim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/referee-casb/referee/gateway/shim"
)

func TestParseReport(t *testing.T) {
	t.Parallel()
	good := `{"doc":"d1","events":[{"n":1,"type":"hello","at":1764000000000},
		{"n":2,"type":"save","control":"blobDownload","blocked":true,"at":1764000000001,"times":2,
		 "detail":{"via":"click","bytes":10,"mime":"application/pdf","name":"plan.pdf"}}]}`
	r, err := shim.ParseReport([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	save := r.Events[1]
	if r.Doc != "d1" || len(r.Events) != 2 || save.Type != shim.EventSave || save.Control != shim.BlobDownload ||
		!save.Blocked || save.Times != 2 || save.Detail.Bytes != 10 || save.Detail.Name != "plan.pdf" ||
		save.Time().UnixMilli() != 1764000000001 {
		t.Errorf("parsed %+v", r)
	}

	refused := map[string]string{
		"empty":          ``,
		"no object":      `[]`,
		"no document":    `{"events":[]}`,
		"long document":  `{"doc":"` + strings.Repeat("d", 300) + `","events":[]}`,
		"two objects":    `{"doc":"d","events":[]}{}`,
		"unknown type":   `{"doc":"d","events":[{"n":1,"type":"grant","at":1}]}`,
		"not counted":    `{"doc":"d","events":[{"type":"copy","at":1}]}`,
		"negative bytes": `{"doc":"d","events":[{"n":1,"type":"save","at":1,"detail":{"bytes":-1}}]}`,
		"negative drops": `{"doc":"d","dropped":-1,"events":[]}`,
		"many events":    `{"doc":"d","events":[` + strings.TrimSuffix(strings.Repeat(`{"n":1,"type":"copy","at":1},`, 101), ",") + `]}`,
		"too large":      `{"doc":"d","events":[]}` + strings.Repeat(" ", shim.ReportMost),
	}
	for name, raw := range refused {
		if _, err := shim.ParseReport([]byte(raw)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add([]byte(`{"doc":"d1","events":[{"n":1,"type":"copy","control":"copy","blocked":true,"at":1,"detail":{"via":"api","length":3}}]}`))
	f.Add([]byte(`{"doc":"d","events":[{"n":1,"type":"save","at":1,"detail":{"name":"` + strings.Repeat("ä", 200) + `"}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := shim.ParseReport(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := shim.ParseReport(again); err != nil && len(again) <= shim.ReportMost {
			t.Errorf("what was accepted is refused after a round trip: %v\n%s", err, again)
		}
		for _, e := range r.Events {
			if len(e.Detail.Name) > 256 || e.Detail.Bytes < 0 {
				t.Errorf("out of bounds: %+v", e)
			}
		}
	})
}
