package entity

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func sample() *model.Activity {
	return &model.Activity{
		ID: "a1", Tenant: "contoso", Time: now.Add(-time.Hour), Recorded: now, Source: model.SourceSession, Type: model.ActivityDownload,
		ActionType: "FileDownloaded", Stage: model.StageOutcome, Outcome: model.OutcomeBlocked, Taken: model.TakenBlock, Reference: "K7QD",
		App:     model.AppRef{ID: 15600, Key: "onedrive", Name: "OneDrive for Business", Instance: "od1"},
		User:    model.User{ID: "u1", Name: "Ola Nordmann", Username: "Ola@Contoso.com", Email: "ola@contoso.com", Groups: []model.GroupID{"Directors"}, Roles: []string{"admin"}, Provider: "entra"},
		Session: "s1", Device: model.ActivityDevice{ID: "d1", Tags: []model.DeviceTag{model.TagUnmanaged}},
		Network: model.Network{
			Address: netip.MustParseAddr("203.0.113.7"), Country: "DK", City: "Aarhus", ISP: "Example Net", ASN: 64500,
			Categories: []string{"Risky"}, Tags: []string{"Tor"}, Locations: []string{"HQ"},
		},
		Agent: model.Agent{Raw: "Mozilla/5.0", DeviceType: model.DevicePC, OS: "Windows 11", Browser: "Firefox", Tags: []string{"Outdated browser"}},
		Files: []model.File{
			{
				ID: "f1", Name: "Budget.XLSX", MIME: "application/octet-stream", TrueMIME: "application/zip", Size: 25_000_000, SHA256: "AB12", URL: "https://x/y",
				Labels: []model.Label{{ID: "l1", Name: "Confidential"}},
			},
			{Name: "a/b.c/readme", Size: -1, Labels: []model.Label{{ID: "l2"}}},
		},
		Objects:  []model.Object{{Type: "file", ID: "f1", Name: "Budget.XLSX"}},
		Policies: []model.PolicyRef{{ID: "p1", Name: "Block download"}},
		Host:     "contoso.sharepoint.com", Path: "/a", Method: "GET", Status: 403, BytesDown: 10, Reason: "unmanaged device", Alert: "al1",
	}
}

func TestActivityFields(t *testing.T) {
	t.Parallel()
	a := sample()
	for _, c := range []string{
		`{"service": {"eq": 15600}}`, `{"app": {"eq": "OneDrive"}}`, `{"user.domain": {"eq": "contoso.com"}}`, `{"user.groups": {"eq": "directors"}}`,
		`{"user.external": {"eq": false}}`, `{"activity.type": {"eq": "download"}}`, `{"activity.takenAction": {"eq": "block"}}`, `{"source": {"eq": 1}}`,
		`{"device.type": {"eq": "DESKTOP"}}`, `{"device.tags": {"eq": "unmanaged", "neq": "compliant"}}`, `{"ip.address": {"eq": "203.0.113.0/24"}}`,
		`{"ip.category": {"eq": 3}}`, `{"location.country": {"eq": "dk"}}`, `{"fileName": {"startswith": "budget", "contains": "xlsx"}}`,
		`{"fileExtension": {"eq": "xlsx"}}`, `{"not": {"fileExtension": {"eq": "c/readme"}}}`, `{"fileSize": {"gte": "25 MB"}}`, `{"fileLabels": {"eq": "l2"}}`,
		`{"fileLabels": {"eq": "confidential"}}`, `{"fileHash": {"eq": "ab12"}}`, `{"text": {"text": "nordmann budget firefox"}, "not": {}}`,
		`{"text": {"text": "nordmann budget"}}`, `{"policy": {"eq": "p1"}}`, `{"date": {"gte_ndays": 1}}`, `{"reference": {"eq": "k7qd"}}`,
		`{"status": {"gte": 400}}`, `{"activityObject": {"eq": "f1"}}`, `{"activity.alertId": {"eq": "al1"}}`,
	} {
		_, p, err := Activity.ReadJSON([]byte(c))
		if strings.Contains(c, `"not": {}`) {
			if err == nil {
				t.Errorf("%s: no mistake", c)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c, err)
			continue
		}
		if got := p.Eval(a, now); got != filter.True {
			t.Errorf("%s: %v, %+v", c, got, p.Explain(a, now))
		}
	}
}

// Every fact is read by its own accessor: no two fields of the sample may be set by one and the same mistake, so
// a field of an empty activity must not be set, except for the certain ones.
func TestEmptyActivity(t *testing.T) {
	t.Parallel()
	certain := []string{"activity.admin", "activity.impersonated", "user.external", "bytesUp", "bytesDown"}
	full := sample()
	for _, f := range Activity.Fields() {
		if len(f.Over) > 0 {
			continue
		}
		set := Activity.Fact(&model.Activity{}, f.Name).State == filter.Known
		if want := slices.Contains(certain, f.Name); set != want {
			t.Errorf("%s: set in an empty activity: %v", f.Name, set)
		}
		if Activity.Fact(full, f.Name).State != filter.Known {
			t.Errorf("%s: not set in a full activity", f.Name)
		}
	}
}

func TestAccessorsDoNotAllocate(t *testing.T) {
	a := sample()
	for _, f := range Activity.Fields() {
		for _, value := range []string{"x", "1", "true", "2026-01-01", "10.0.0.1", f.Name} {
			if f.Kind == filter.KindEnum {
				value = f.Values[0].Name
			}
			p, err := Activity.Compile(filter.Cond(f.Name, filter.Neq, value))
			if err != nil {
				continue
			}
			if n := testing.AllocsPerRun(20, func() { p.Eval(a, now) }); n != 0 {
				t.Errorf("%s: %v allocations", f.Name, n)
			}
		}
	}
}

// TestEnumsAreWhole fails when package model gains a value that a field does not list.
func TestEnumsAreWhole(t *testing.T) {
	t.Parallel()
	fields := map[string]string{
		"ActivityType": "activity.type", "Source": "source", "Taken": "activity.takenAction", "Stage": "activity.stage",
		"Outcome": "activity.outcome", "DeviceTag": "device.tags", "DeviceType": "device.type",
	}
	seen := map[string]int{}
	for _, file := range []string{"activity.go", "device.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), "../../model/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			name := fmt.Sprint(spec.Type)
			lit, ok := spec.Values[0].(*ast.BasicLit)
			if fields[name] == "" || !ok {
				return true
			}
			value, err := strconv.Unquote(lit.Value)
			if err != nil || value == "" {
				return true
			}
			seen[name]++
			if !slices.ContainsFunc(Activity.Field(fields[name]).Values, func(c filter.Choice) bool { return c.Name == value }) {
				t.Errorf("%s does not list %s", fields[name], value)
			}
			return true
		})
	}
	for name, field := range fields {
		if want := len(Activity.Field(field).Values); seen[name] != want {
			t.Errorf("model.%s has %d values, %s lists %d", name, seen[name], field, want)
		}
	}
}

// TestAllIsWhole fails when a file of an entity is missing from all.go.
func TestAllIsWhole(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var entities []string
	for _, c := range All() {
		entities = append(entities, c.Entity())
	}
	for _, f := range files {
		name, _ := strings.CutSuffix(f.Name(), ".go")
		if strings.HasSuffix(name, "_test") || slices.Contains([]string{"all", "doc", "accessor"}, name) {
			continue
		}
		entity, _, _ := strings.Cut(name, "_")
		if !slices.Contains(entities, entity) {
			t.Errorf("%s is not listed in all.go", f.Name())
		}
	}
}

func TestFileFields(t *testing.T) {
	t.Parallel()
	f := sample().Files[0]
	_, p, err := File.ReadJSON([]byte(`{"filename": {"endswith": ".xlsx"}, "extension": {"eq": "xlsx"}, "fileSize": {"lte": "25 MB"},
		"fileLabels": {"eq": "Confidential"}, "trueMimeType": {"eq": "application/zip"}, "mimeType": {"neq": "text/plain"}, "sha256": {"isset": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Eval(&f, now); got != filter.True {
		t.Fatalf("%v: %+v", got, p.Explain(&f, now))
	}
	f.Size = -1
	if got := p.Eval(&f, now); got != filter.Undecided {
		t.Fatalf("with an unknown size: %v, want undecided", got)
	}
}
