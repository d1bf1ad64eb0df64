package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// A connection that took the bytes is no proof that the client has them: what is called complete was acknowledged.
func TestDownloadThatNeverArrives(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}, 2), make(chan bool)
	r := newRig(t, rigOptions{app: library(pdf(30 << 10)), arrived: func(*http.Request) func(context.Context) bool {
		return func(context.Context) bool {
			asked <- struct{}{}
			return <-answer
		}
	}})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	for i, arrived := range []bool{false, true} {
		if res, _ := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+"/attachment")); res.StatusCode != http.StatusOK {
			t.Fatal(res.Status)
		}
		<-asked
		if n := len(r.rec.of(model.ActivityDownload, model.StageOutcome)); n != i {
			t.Fatalf("%d outcomes before the client's acknowledgement", n)
		}
		answer <- arrived
		eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == i+1 })
		want := model.OutcomeUnknown
		if arrived {
			want = model.OutcomeComplete
		}
		if a := r.rec.of(model.ActivityDownload, model.StageOutcome)[i]; a.Outcome != want {
			t.Errorf("arrived: %v, and the outcome is %s", arrived, a.Outcome)
		}
	}
}

func TestOutcomeOfDownloadsThatEndEarly(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Length", strconv.Itoa(8<<20))
		w.Write(pdf(1 << 20))
		w.(http.Flusher).Flush()
		if q.URL.Path == "/cut" {
			panic(http.ErrAbortHandler)
		}
		<-q.Context().Done()
		close(gone)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	res, err := p.client.Do(navigation(u + "/cut"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("a cut off answer looks whole")
	}
	res.Body.Close()
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == 1 })
	if a := r.rec.of(model.ActivityDownload, model.StageOutcome)[0]; a.Outcome != model.OutcomeFailed || a.Files[0].SHA256 != "" || a.BytesDown < 1 {
		t.Errorf("the app's cut: %+v", a)
	}
	ctx, cancel := context.WithCancel(t.Context())
	res, err = p.client.Do(navigation(u + "/leave").WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	io.CopyN(io.Discard, res.Body, 1000)
	cancel()
	res.Body.Close()
	<-gone // the app is told at once
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == 2 })
	if a := r.rec.of(model.ActivityDownload, model.StageOutcome)[1]; a.Outcome != model.OutcomeAborted || a.Files[0].SHA256 != "" {
		t.Errorf("the client's leaving: %+v", a)
	}
}

func TestRangesAreOneActivity(t *testing.T) {
	t.Parallel()
	content := pdf(100_000)
	r := newRig(t, rigOptions{app: library(content), change: nil})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test") + "/range"
	var got []byte
	for at := 0; at < len(content); at += 30_000 {
		res, body := do(t, p.client, fetched("GET", u, "", "Range", fmt.Sprintf("bytes=%d-%d", at, at+29_999)))
		if res.StatusCode != http.StatusPartialContent {
			t.Fatal(res.Status)
		}
		got = append(got, body...)
	}
	if !bytes.Equal(got, content) {
		t.Fatal("the pieces don't make the file")
	}
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == 1 })
	sum := sha256.Sum256(content)
	a := r.rec.of(model.ActivityDownload, model.StageOutcome)[0]
	if a.Outcome != model.OutcomeComplete || a.BytesDown != int64(len(content)) || a.Files[0].SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%+v", a)
	}
	if n := len(r.rec.of(model.ActivityDownload, model.StageIntent)); n != 1 {
		t.Errorf("%d intents", n)
	}
	// A file of which only a part was fetched ends as aborted when nobody goes on.
	do(t, p.client, fetched("GET", u+"?2", "", "Range", "bytes=50000-50009"))
	r.skew.Store(int64(2 * time.Minute))
	eventually(t, "second outcome", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == 2 })
	if a := r.rec.of(model.ActivityDownload, model.StageOutcome)[1]; a.Outcome != model.OutcomeAborted || a.BytesDown != 10 {
		t.Errorf("%+v", a)
	}
}
