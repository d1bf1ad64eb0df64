package taxonomy

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/fault"
)

const (
	site   = "f66b6bd3-ebc2-4f54-8769-d22858de97c5"
	pub    = "11111111-1111-4111-8111-111111111111"
	conf   = "22222222-2222-4222-8222-222222222222"
	secret = "33333333-3333-4333-8333-333333333333"
	team   = "44444444-4444-4444-8444-444444444444"
)

const sample = `kind: SensitivityLabels
siteId: ` + site + `
labels:
- {id: ` + pub + `, name: Public, colour: "#00FF00"}
- id: "{` + conf + `}"
  name: Confidential
  tooltip: Not for others
- id: ` + team + `
  name: Team
  parent: ` + conf + `
  marking:
    header: {text: "${Item.Label}", size: 12, colour: "#FF0000", align: right}
    watermark: {text: TEAM, layout: horizontal}
- {id: ` + secret + `, name: Secret, encrypts: true}
`

func set(t *testing.T) Set {
	t.Helper()
	s, mistakes := Decode([]byte(sample))
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return s
}

func TestDecode(t *testing.T) {
	t.Parallel()
	s := set(t)
	want := Set{site, []Label{
		{ID: pub, Name: "Public", Colour: "#00FF00"},
		{ID: conf, Name: "Confidential", Tooltip: "Not for others"},
		{ID: team, Name: "Team", Parent: conf, Marking: label.Marking{Header: &label.Mark{Text: "${Item.Label}", Size: 12, Colour: "#FF0000", Align: "right"}, Watermark: &label.Watermark{Text: "TEAM", Layout: "horizontal"}}},
		{ID: secret, Name: "Secret", Encrypts: true},
	}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v", s)
	}
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	if again, mistakes := Decode(text); len(mistakes) > 0 || !reflect.DeepEqual(again, s) {
		t.Errorf("%s: %v, %+v", text, mistakes, again)
	}
	for text, want := range map[string]string{
		"":             "kind",
		"kind: Labels": "SensitivityLabels",
		"kind: SensitivityLabels\nsiteId: x\nlabels: [{id: 1, name: a}]": "GUID",
		sample + "---\n" + sample:                                    "documents",
		strings.Replace(sample, "name: Public", "nam: Public", 1):    "nam",
		strings.Replace(sample, pub, conf, 1):                        "used above",
		strings.Replace(sample, "parent: "+conf, "parent: "+site, 1): "parent",
		strings.Replace(sample, `"#FF0000"`, `"red"`, 1):             "colour",
		strings.Replace(sample, "align: right", "align: middle", 1):  "middle",
		strings.Replace(sample, "text: TEAM", "text: ' '", 1):        "watermark",
	} {
		if _, mistakes := Decode([]byte(text)); len(mistakes) == 0 || !strings.Contains(mistakes.Error(), want) {
			t.Errorf("%q: %v, want %s", text, mistakes, want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	s := set(t)
	for key, want := range map[string]string{"public": pub, "Confidential/Team": team, "team": team, strings.ToUpper(secret): secret, "nobody": "", "": ""} {
		if l, ok := s.Find(key); ok != (want != "") || ok && l.ID != want {
			t.Errorf("%s: %+v", key, l)
		}
	}
	s.Labels = append(s.Labels, Label{ID: site, Name: "Team", Off: true})
	if l, ok := s.Find("Team"); ok {
		t.Errorf("of two: %+v", l)
	}
	for key, kind := range map[string]fault.Kind{"Team": fault.NotFound, site: fault.Invalid, "Confidential": fault.Invalid} {
		if _, err := s.Usable(key); !fault.Is(err, kind) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if l, err := s.Usable("Confidential/Team"); err != nil || l.ID != team {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	s := set(t)
	has := func(id, site string) []label.Label { return []label.Label{{ID: id, SiteID: site, Enabled: true}} }
	for name, c := range map[string]struct {
		have []label.Label
		want string
		out  Outcome
	}{
		"none": {nil, team, Apply}, "lower": {has(pub, site), team, Apply}, "the same": {has(team, site), team, Keep}, "higher": {has(secret, site), team, Lower},
		"another tenant's": {has(secret, conf), team, Apply}, "unknown, ours": {has(site, site), team, Lower}, "unknown, nobody's": {has(site, ""), team, Apply}, "ours by id": {has(secret, ""), team, Lower},
		"switched off": {[]label.Label{{ID: secret, SiteID: site}}, team, Apply}, "removed": {[]label.Label{{ID: secret, SiteID: site, Enabled: true, Removed: true}}, team, Apply},
	} {
		want, _ := s.Find(c.want)
		if got := s.Compare(c.have, want); got != c.out {
			t.Errorf("%s: %d, want %d", name, got, c.out)
		}
	}
}

func TestFromGraph(t *testing.T) {
	t.Parallel()
	raw := func(texts ...string) (out []json.RawMessage) {
		for _, s := range texts {
			out = append(out, json.RawMessage(s))
		}
		return out
	}
	got, notes, err := FromGraph(strings.ToUpper(site), raw(
		`{"id":"`+secret+`","name":"Secret","priority":9,"hasProtection":true,"color":"#FF0000","isEnabled":true}`,
		`{"id":"`+conf+`","name":"c-1","displayName":"Confidential","priority":2,"hasProtection":false,"sublabels":[{"id":"`+team+`","name":"Team","priority":3,"hasProtection":false,"toolTip":"Ours"}]}`,
		`{"id":"`+pub+`","name":"Public","sensitivity":0,"isActive":false,"color":""}`,
	), set(t))
	if err != nil {
		t.Fatal(err)
	}
	want := Set{site, []Label{
		{ID: pub, Name: "Public", Encrypts: true, Off: true},
		{ID: conf, Name: "Confidential"},
		{ID: team, Name: "Team", Parent: conf, Tooltip: "Ours", Marking: set(t).Labels[2].Marking},
		{ID: secret, Name: "Secret", Colour: "#FF0000", Encrypts: true},
	}}
	if !reflect.DeepEqual(got, want) || len(notes) != 1 || !strings.Contains(notes[0], "Public") {
		t.Errorf("%+v, %v", got, notes)
	}
	for _, bad := range []string{`{"id":"x","name":"a","priority":1}`, `{"id":"` + pub + `","name":"a"}`, `[]`} {
		if s, _, err := FromGraph(site, raw(bad), Set{}); err == nil {
			t.Errorf("%s: %+v", bad, s)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, mistakes := Decode(text)
		if len(mistakes) > 0 {
			return
		}
		again, err := s.Text()
		if err != nil {
			t.Fatal(err)
		}
		if got, mistakes := Decode(again); len(mistakes) > 0 || !reflect.DeepEqual(got, s) {
			t.Fatalf("%s: %v", again, mistakes)
		}
	})
}
