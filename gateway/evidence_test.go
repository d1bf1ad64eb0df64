package gateway_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/inspect"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// shelf notes what it is given to keep.
type shelf struct {
	mu   sync.Mutex
	kept map[model.ActivityID][]evidence.Item
}

func (s *shelf) Keep(_ context.Context, tenant model.TenantID, activity model.ActivityID, file string, matches []dlp.Match) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range matches {
		s.kept[activity] = append(s.kept[activity], evidence.Item{File: string(tenant) + "/" + file, Match: m})
	}
	return nil
}

// TestEvidence sees that what blocks a download is kept under that activity, masked, and nothing else is.
func TestEvidence(t *testing.T) {
	t.Parallel()
	inspector := inspect.New(inspect.Config{}, inspect.Parts{Reader: here{}, Log: slog.New(slog.DiscardHandler), Scan: func(_ model.TenantID, opt dlp.Options) dlp.Options {
		return evidence.Setting{}.Scan(opt)
	}})
	kept := &shelf{kept: map[model.ActivityID][]evidence.Item{}}
	r := newRig(t, rigOptions{policies: contentPolicies, inspector: inspector, evidence: kept, app: fileApp(map[string]string{
		"/cards.docx": docxOf(cardText, false), "/clean.docx": docxOf("nothing of note", false),
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for path, status := range map[string]int{"/cards.docx": 403, "/clean.docx": 200} {
		for range 2 { // the second time it is remembered
			if res, _ := do(t, p.client, fetched("GET", u+path, "")); res.StatusCode != status {
				t.Errorf("%s: %s", path, res.Status)
			}
		}
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	blocked := 0
	for _, a := range r.rec.of(model.ActivityDownload, "") {
		if a.Outcome != model.OutcomeBlocked {
			continue
		}
		blocked++
		items := kept.kept[a.ID]
		if len(items) != 1 || items[0].File != "contoso/cards.docx" || !strings.Contains(items[0].Context, "credit card #### #### #### #### expires ##/##") {
			t.Errorf("%s: %+v", a.ID, items)
		}
	}
	if blocked != 2 || len(kept.kept) != 2 {
		t.Errorf("%d blocked, %d kept", blocked, len(kept.kept))
	}
}
