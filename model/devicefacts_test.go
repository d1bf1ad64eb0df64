package model

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestDeviceFacts(t *testing.T) {
	t.Parallel()
	var d DeviceFacts
	for _, name := range DeviceAttributes() {
		if v, known := d.Attribute(name); known || v != nil {
			t.Errorf("%s: %v of an unknown device", name, v)
		}
		value := "True"
		if !d.Set(name, value) {
			t.Fatalf("%s can't be set", name)
		}
		if v, known := d.Attribute(name); !known || !slices.Equal(v, []string{value}) {
			t.Errorf("%s: %v, %v", name, v, known)
		}
		if d.Set(name); true {
			if v, known := d.Attribute(name); !known || len(v) != 0 {
				t.Errorf("%s without value: %v, %v", name, v, known)
			}
		}
	}
	if n := reflect.TypeOf(d).NumField(); n != len(DeviceAttributes()) {
		t.Errorf("%d fields, %d attributes", n, len(DeviceAttributes()))
	}
	if d.Set("colour", "red") || d.Set("isCompliant", "maybe") || d.Set("model", "a", "b") {
		t.Error("set what is no attribute")
	}
	if _, known := d.Attribute("colour"); known {
		t.Error("colour is known")
	}
}

func TestDeviceFactsInJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `{"isCompliant":null}`, `{"deviceId":"x","isCompliant":false,"physicalIds":null}`, `{"systemLabels":["a"],"extensionAttribute15":"SAW"}`,
	} {
		var d DeviceFacts
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		if out, err := json.Marshal(d); err != nil || string(out) != text {
			t.Errorf("%s became %s, %v", text, out, err)
		}
		if d.Any() != (text != `{}`) {
			t.Errorf("%s: any %v", text, d.Any())
		}
	}
	if err := json.Unmarshal([]byte(`{"isCompliant":"yes"}`), &DeviceFacts{}); err == nil {
		t.Error("a word was read as a truth value")
	}
	a, b := DeviceFacts{Model: FactOf("A")}, DeviceFacts{Model: FactOf("B"), TrustType: NoValue[string](), IsCompliant: FactOf(true)}
	a.Merge(&b)
	if out, _ := json.Marshal(a); string(out) != `{"isCompliant":true,"model":"A","trustType":null}` {
		t.Errorf("%s", out)
	}
}
