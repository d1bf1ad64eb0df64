package device

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func TestRecordValidate(t *testing.T) {
	t.Parallel()
	good := Record{Device: "8f1c", Tags: []model.DeviceTag{model.TagManaged}, Expires: now.Add(time.Hour)}
	if err := good.Validate(now); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Record){
		"not a device id":       func(r *Record) { r.Device = "8F1C" },
		"\"a b\" is not":        func(r *Record) { r.Device = "a b" },
		"neither a tag":         func(r *Record) { r.Tags = nil },
		"can't give the tag":    func(r *Record) { r.Tags = []model.DeviceTag{model.TagValidClientCertificate} },
		"contradict each other": func(r *Record) { r.Tags = []model.DeviceTag{model.TagManaged, model.TagUnmanaged} },
		"there twice":           func(r *Record) { r.Tags = []model.DeviceTag{model.TagManaged, model.TagManaged} },
		"expired already":       func(r *Record) { r.Expires = now },
		"seven days":            func(r *Record) { r.Expires = now.Add(8 * 24 * time.Hour) },
		"more than 500":         func(r *Record) { r.Evidence = strings.Repeat("x", 501) },
		"another device":        func(r *Record) { r.Facts.DeviceID = model.FactOf("other") },
		"too long":              func(r *Record) { r.Facts.Model = model.FactOf(strings.Repeat("x", 600)) },
	} {
		r := good
		change(&r)
		if err := r.Validate(now); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestRecordProofs(t *testing.T) {
	t.Parallel()
	record := func(source string, life time.Duration, tags ...model.DeviceTag) Record {
		return Record{Device: "8f1c", Source: source, Tags: tags, At: now, Expires: now.Add(life), Facts: model.DeviceFacts{Model: model.FactOf(source)}}
	}
	for _, c := range []struct {
		name    string
		records []Record
		want    []model.DeviceTag
	}{
		{"none", nil, []model.DeviceTag{model.TagUnknown}},
		{"managed and compliant", []Record{record("jamf", time.Hour, model.TagManaged, model.TagIntuneCompliant)}, []model.DeviceTag{model.TagIntuneCompliant, model.TagManaged}},
		{"over", []Record{record("jamf", 0, model.TagManaged)}, []model.DeviceTag{model.TagUnknown}},
		{"two that differ", []Record{record("jamf", time.Hour, model.TagManaged), record("edr", time.Hour, model.TagUnmanaged)}, []model.DeviceTag{model.TagUnmanaged}},
		{"facts alone", []Record{record("jamf", time.Hour)}, []model.DeviceTag{model.TagUnknown}},
	} {
		got := Proofs(c.records, now, 15*time.Minute)
		if tags := Tags(got, now, false); !slices.Equal(tags, c.want) {
			t.Errorf("%s: %v, want %v", c.name, tags, c.want)
		}
		if _, _, ok := ProvenID(got, now); ok {
			t.Errorf("%s: a record proves an id", c.name)
		}
	}
	if got := Proofs([]Record{record("jamf", time.Minute, model.TagManaged)}, now, time.Hour); !got[0].Expires.Equal(now.Add(time.Minute)) || got[0].Facts == nil {
		t.Errorf("it outlives the record: %+v", got)
	}
}
