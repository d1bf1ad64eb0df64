package evidence_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/dlp/sit"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

type rows map[string]evidence.Row

func (r rows) PutEvidence(_ context.Context, row evidence.Row) error {
	r[string(row.Tenant)+"/"+string(row.Activity)] = row
	return nil
}

func (r rows) Evidence(_ context.Context, t model.TenantID, a model.ActivityID, now time.Time) (evidence.Row, error) {
	if row, ok := r[string(t)+"/"+string(a)]; ok && now.Before(row.Expires) {
		return row, nil
	}
	return evidence.Row{}, fault.New(fault.NotFound, "rows", "none")
}

// lock is a sealer that a test can see through: it reverses, and binds to what it is told.
type lock struct{}

func (lock) Seal(t model.TenantID, purpose string, plaintext, ad []byte) ([]byte, error) {
	out := bytes.Clone(plaintext)
	for i := range out {
		out[i] ^= 0xff
	}
	return append([]byte(string(t)+"|"+purpose+"|"+string(ad)+"|"), out...), nil
}

func (lock) Open(t model.TenantID, purpose string, sealed, ad []byte) ([]byte, error) {
	out, ok := bytes.CutPrefix(sealed, []byte(string(t)+"|"+purpose+"|"+string(ad)+"|"))
	if !ok {
		return nil, fault.New(fault.Invalid, "lock", "sealed for something else")
	}
	out = bytes.Clone(out)
	for i := range out {
		out[i] ^= 0xff
	}
	return out, nil
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	store, now, setting := rows{}, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), evidence.Setting{Days: 2}
	k := evidence.New(evidence.Parts{Store: store, Sealer: lock{}, Now: func() time.Time { return now }, Setting: func(model.TenantID) evidence.Setting { return setting }})
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			if err := k.Keep(t.Context(), "contoso", "a1", fmt.Sprint(i), []dlp.Match{{Type: "x", Masked: "####"}}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	items, expires, err := k.Read(t.Context(), "contoso", "a1")
	if err != nil || len(items) != 50 || !expires.Equal(now.AddDate(0, 0, 2)) {
		t.Errorf("%d items until %v, %v", len(items), expires, err)
	}
	if err := k.Keep(t.Context(), "contoso", "a1", "", make([]dlp.Match, 2*evidence.MaxItems)); err != nil {
		t.Error(err)
	}
	if items, _, _ := k.Read(t.Context(), "contoso", "a1"); len(items) != evidence.MaxItems {
		t.Errorf("%d items", len(items))
	}
	if _, _, err := k.Read(t.Context(), "fabrikam", "a1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another tenant's: %v", err)
	}
	moved := store["contoso/a1"]
	moved.Activity = "a2"
	store["contoso/a2"] = moved
	if _, _, err := k.Read(t.Context(), "contoso", "a2"); err == nil {
		t.Error("evidence of one activity was read as another's")
	}
	now = now.AddDate(0, 0, 2)
	if _, _, err := k.Read(t.Context(), "contoso", "a1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("after its time: %v", err)
	}
	setting.Keep = evidence.KeepOff
	if err := k.Keep(t.Context(), "contoso", "a3", "", []dlp.Match{{}}); err != nil || len(store) != 2 {
		t.Errorf("%d rows, %v", len(store), err)
	}
}

// TestNothingInClear scans text with secrets beside each other at every setting: none of them is in what is kept.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	e, err := dlp.New(sit.All())
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{"4111111111111111", "AKIAQ3EGTYUIOPASDF5X", "078-05-1120", "DE89370400440532013000", "correct-horse-battery-staple-of-secrets", "hunter2hunter2"}
	text := "Dear colleague, card 4111111111111111 key AKIAQ3EGTYUIOPASDF5X, social security number 078-05-1120; iban DE89370400440532013000, password = hunter2hunter2 correct-horse-battery-staple-of-secrets end"
	for _, keep := range []evidence.Keep{evidence.KeepOff, evidence.KeepMasked, evidence.KeepLast4} {
		r, err := e.Scan(t.Context(), strings.NewReader(text), evidence.Setting{Keep: keep, Context: 100}.Scan(dlp.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if (len(r.Matches) == 0) != (keep == evidence.KeepOff) {
			t.Errorf("%s: %d matches", keep, len(r.Matches))
		}
		for _, m := range r.Matches {
			for _, s := range secrets {
				if strings.Contains(m.Masked+"\n"+m.Context, s) || strings.Contains(m.Masked+"\n"+m.Context, s[:len(s)-4]) {
					t.Errorf("%s: %s is shown in %+v", keep, s, m)
				}
			}
			if !strings.Contains(m.Context, m.Masked) {
				t.Errorf("%s: %q is not in %q", keep, m.Masked, m.Context)
			}
		}
	}
}

func TestSetting(t *testing.T) {
	t.Parallel()
	for _, bad := range []evidence.Setting{{Keep: "all"}, {Context: 39}, {Context: 101}, {Days: -1}, {Days: 366}} {
		if bad.Validate() == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if err := (evidence.Setting{}).Validate(); err != nil {
		t.Error(err)
	}
}
