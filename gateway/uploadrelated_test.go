package gateway_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// TestUploadsOfSeveralNames: a file that a multipart/related body describes is decided by the name in there as well as by
// the address's, and has one record.
func TestUploadsOfSeveralNames(t *testing.T) {
	t.Parallel()
	app := &sinkApp{}
	r := newRig(t, rigOptions{app: app, policies: blockUploads})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	const kind = "multipart/related; boundary=b"
	body := func(about, text string) string {
		return "--b\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" + about + "\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n" + text + "\r\n--b--\r\n"
	}
	fine := body(`{"name":"notes.docx"}`, "words")
	if res, answer := do(t, p.client, fetched("POST", u+"/files/upload.txt?uploadType=multipart", fine, "Content-Type", kind)); res.StatusCode != 200 || app.bytes() != fine {
		t.Fatalf("%s %s", res.Status, answer)
	}
	eventually(t, "its outcome", func() bool { return len(r.rec.of(model.ActivityUpload, model.StageOutcome)) == 1 })
	if a := r.rec.of(model.ActivityUpload, model.StageOutcome)[0]; a.Outcome != model.OutcomeComplete || a.Files[0].Name != "notes.docx" || a.BytesUp != int64(len("words")) {
		t.Errorf("recorded %+v", a)
	}
	for name, c := range map[string][3]string{
		"described":            {"/upload/drive/v3/files?uploadType=multipart", kind, `{"name":"q3.xlsx"}`},
		"described, mixed":     {"/upload/drive/v2/files?uploadType=multipart", "multipart/mixed; boundary=b", `{"title":"q3.xlsx"}`},
		"the second name":      {"/files", kind, `{"name":"harmless.txt","originalFilename":"q3.xlsx"}`},
		"the address's":        {"/files/q3.xlsx", kind, `{"name":"harmless.txt"}`},
		"said to be resumable": {"/upload/drive/v3/files?uploadType=resumable", kind, `{"name":"q3.xlsx"}`},
	} {
		res, answer := do(t, p.client, fetched("POST", u+c[0], body(c[2], canary), "Content-Type", c[1]))
		if res.StatusCode != 403 || !strings.Contains(answer, "urn:referee:blocked") {
			t.Errorf("%s: %s %.200s", name, res.Status, answer)
		}
	}
	if strings.Contains(app.bytes(), canary) {
		t.Error("bytes of a blocked file went up")
	}
	if res, _ := do(t, p.client, fetched("POST", u+"/up", body(`{"name":`, canary), "Content-Type", kind)); res.StatusCode != 400 {
		t.Errorf("what can't be read: %s", res.Status)
	}
}
