package api_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
)

func TestActivities(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	a := f.Download(t, "contoso", "dora")
	f.Download(t, "fabrikam", "eve")
	var got struct{ Items []model.Activity }
	filter := url.QueryEscape(`{"activity.type": {"eq": "download"}}`)
	f.Want(t, "contoso/analyst", "GET", contoso+"/activities?filter="+filter, nil, 200, &got)
	if len(got.Items) != 1 || got.Items[0].ID != a.ID {
		t.Errorf("found %+v", got.Items)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/activities?from=2026-11-24T00:00:00Z", nil, 200, &got)
	if len(got.Items) != 0 {
		t.Errorf("found %+v", got.Items)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/activities/"+string(a.ID), nil, 200, nil)
	f.Want(t, "fabrikam/analyst", "GET", "/api/v2/tenants/fabrikam/activities/"+string(a.ID), nil, 404, nil)
	f.Want(t, "contoso/analyst", "GET", contoso+"/activities/count?field=user.username&filter="+filter, nil, 200, nil)
	f.Want(t, "contoso/analyst", "GET", contoso+"/activities/count?field=nothing", nil, 422, nil)
}

func TestExport(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	a := f.Download(t, "contoso", "=cmd|calc")
	got := f.Want(t, "contoso/analyst", "GET", contoso+"/activities/export", nil, 200, nil)
	lines := strings.Split(strings.TrimSpace(string(got.Body)), "\n")
	if len(lines) != 4 { // an app, a change of policies, a download, and the export itself as it began
		t.Fatalf("%d lines:\n%s", len(lines), got.Body)
	}
	var row model.Activity
	if err := json.Unmarshal([]byte(lines[2]), &row); err != nil || row.ID != a.ID {
		t.Errorf("the third line is %+v, %v", row, err)
	}
	if act := last(f, "contoso"); act.ActionType != "activity.export" || act.Outcome != model.OutcomeComplete || act.Detail["activities"] != 4 {
		t.Errorf("recorded as %+v", act)
	}
	got = f.Want(t, "contoso/analyst", "GET", contoso+"/activities/export?format=csv&filter="+url.QueryEscape(`{"activity.type":{"eq":"download"}}`), nil, 200, nil)
	table, err := csv.NewReader(strings.NewReader(string(got.Body))).ReadAll()
	if err != nil || len(table) != 2 || table[0][0] != "time" || table[1][6] != "'=cmd|calc@contoso.example" {
		t.Errorf("the table is %v, %v", table, err)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/activities/export?from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z", nil, 422, nil)
}

// TestExportCutOff sees that a client can tell half an export from a whole one.
func TestExportCutOff(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	for a := f.Download(t, "contoso", "dora"); len(f.Log.Rows("contoso")) < 400; {
		a.ID = ""
		if err := f.Log.Event(t.Context(), &a); err != nil {
			t.Fatal(err)
		}
	}
	f.Log.Tear(390)
	s := httptest.NewServer(f)
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+contoso+"/activities/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.Tokens["contoso/analyst"])
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil || n == 0 {
		t.Errorf("%d bytes came and the end was %v", n, err)
	}
	f.Log.Tear(0)
	if act := last(f, "contoso"); act.Outcome != model.OutcomeFailed {
		t.Errorf("recorded as %+v", act)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	s := httptest.NewServer(f)
	defer s.Close()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+contoso+"/activities/tail?filter="+url.QueryEscape(`{"user.username":{"eq":"dora@contoso.example"}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.Tokens["contoso/analyst"])
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != ": following" {
		t.Fatalf("begins with %q", lines.Text())
	}
	f.Download(t, "contoso", "carl")
	f.Download(t, "fabrikam", "dora")
	a := f.Download(t, "contoso", "dora")
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var got model.Activity
			if err := json.Unmarshal([]byte(text), &got); err != nil || got.ID != a.ID {
				t.Errorf("got %s, %v", text, err)
			}
			return
		}
	}
	t.Errorf("the stream ended: %v", lines.Err())
}

// TestTailOfARevokedToken: a stream that is open when its token is revoked ends within two seconds.
func TestTailOfARevokedToken(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	s := httptest.NewServer(f)
	defer s.Close()
	var made struct{ ID, Secret string }
	f.Want(t, "contoso/admin", "POST", contoso+"/tokens", map[string]any{"name": "siem", "role": "analyst"}, 201, &made)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+contoso+"/activities/tail", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+made.Secret)
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, res.Body)
	}()
	select {
	case <-ended:
		t.Fatal("the stream ended by itself")
	case <-time.After(1500 * time.Millisecond): // longer than the first look at the token
	}
	f.Want(t, "contoso/admin", "DELETE", contoso+"/tokens/"+made.ID, nil, 204, nil)
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
		t.Error("the stream goes on")
	}
}
