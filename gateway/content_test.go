package gateway_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// scanner is an inspector that looks for a word.
type scanner struct{ word string }

func (s scanner) Inspect(ctx context.Context, job gateway.Job) (gateway.Findings, error) {
	if job.Size < 0 {
		var err error
		if job.Size, _, err = job.Whole(ctx); err != nil {
			return gateway.Findings{}, err
		}
	}
	b := make([]byte, job.Size)
	if _, err := job.Content.ReadAt(b, 0); err != nil && err != io.EOF {
		return gateway.Findings{}, err
	}
	f := gateway.Findings{ContentState: filter.NotSet, MalwareState: filter.Known}
	if n := bytes.Count(b, []byte(s.word)); n > 0 {
		f.ContentState, f.Types = filter.Known, []model.Finding{{Type: "credit-card-number", Confidence: 85, Count: n, Unique: n}}
	}
	return f, nil
}

func TestContentIsHeldAndLookedAt(t *testing.T) {
	t.Parallel()
	const inspect = `
kind: SessionPolicy
id: cards
name: No card numbers
control: controlFileDownload
activities: {app: {eq: onedrive}}
inspection: {method: builtIn, types: [{type: credit-card-number, count: 1}]}
action: block
level: inspect
unscannable: block
`
	clean := append(bytes.Repeat([]byte("x"), 3<<20), "%"...)
	copy(clean, "%PDF-1.7\n")
	dirty := append(append([]byte(nil), clean...), "4111-1111 "+canary...)
	r := newRig(t, rigOptions{
		policies: inspect, inspector: scanner{"4111-1111"}, change: func(c *gateway.Config) { c.SpoolBody = 4 << 20 },
		app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			w.WriteHeader(200)
			w.(http.Flusher).Flush() // no length
			switch q.URL.Path {
			case "/clean":
				w.Write(clean)
			case "/dirty":
				w.Write(dirty)
			case "/large":
				w.Write(append(append([]byte(nil), clean...), clean...))
			}
		}),
	})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	if res, body := do(t, p.client, fetched("GET", u+"/clean", "")); res.StatusCode != 200 || body != string(clean) {
		t.Errorf("clean: %s, %d bytes", res.Status, len(body))
	}
	if res, body := do(t, p.client, fetched("GET", u+"/dirty", "")); res.StatusCode != 403 || strings.Contains(body, "CANARY") {
		t.Errorf("dirty: %s", res.Status)
	}
	if res, _ := do(t, p.client, fetched("GET", u+"/large", "")); res.StatusCode != 403 {
		t.Errorf("too large to look at: %s", res.Status)
	}
	eventually(t, "outcome", func() bool {
		o := r.rec.of(model.ActivityDownload, model.StageOutcome)
		return len(o) == 1 && o[0].Outcome == model.OutcomeComplete && o[0].Files[0].SHA256 != ""
	})
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "referee-spool-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
