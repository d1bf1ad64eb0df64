package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/own"
	tables "github.com/referee-casb/referee/inspect/edm"
)

const patients = "kind: ExactDataMatch\nid: patients\nname: Patients\ncolumns:\n  - {name: record, search: 'R\\d{6}'}\n  - {name: name}\n"

type scanned struct {
	Verdict, Status, Kind string
	Findings              []struct {
		Type              string
		Confidence, Count int
	}
	Matches []struct{ Type, Masked, Context string }
}

func TestScanContent(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(caseNumber), 200, nil)
	at := "/api/v2/tenants/contoso/dlp/scan"
	var got scanned
	f.Want(t, "contoso/analyst", "POST", at+"?types=helpdesk&matches=3", "Dear Ms Example, your Visa 4111 1111 1111 1111 and case C-1234, token a1b2c3d4e5", 200, &got)
	if got.Verdict != "found" || len(got.Findings) != 2 || len(got.Matches) != 2 || got.Matches[0].Masked != "#### #### #### ####" {
		t.Errorf("%+v", got)
	}
	if c := got.Matches[0].Context; !strings.Contains(c, "Dear Ms Example, your Visa #### #### #### #### and case x-####, token x#x#x#x#x#") {
		t.Errorf("the context is %q", c)
	}
	f.Want(t, "contoso/analyst", "POST", at, "nothing", 200, &got)
	if got.Verdict != "clean" {
		t.Errorf("%+v", got)
	}
	f.Want(t, "contoso/analyst", "POST", at, "%PDF-1.7\ntrailer <</Encrypt 5 0 R>>", 200, &got)
	if got.Verdict == "clean" {
		t.Errorf("%+v", got)
	}
	f.Want(t, "contoso/analyst", "POST", at+"?types=nothing", "x", 404, nil)
	f.Want(t, "fabrikam/analyst", "POST", "/api/v2/tenants/fabrikam/dlp/scan?types=helpdesk", "C-1234", 404, nil)
	f.Want(t, "contoso/reader", "POST", at, "x", 403, nil)
	f.Want(t, "contoso/analyst", "POST", at, strings.Repeat("x", 33<<20), 413, nil)
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	at, setting := "/api/v2/tenants/contoso/dlp/evidence/act-1", "/api/v2/tenants/contoso/dlp/evidence-setting"
	keep := func(file string) {
		t.Helper()
		if err := f.Evidence.Keep(t.Context(), "contoso", "act-1", file, []dlp.Match{{Type: "credit-card-number", Start: 5, End: 24, Confidence: 85, Masked: "#### 1111", Context: "Visa #### 1111"}}); err != nil {
			t.Fatal(err)
		}
	}
	keep("a.docx")
	keep("b.docx")
	row, err := f.DB.Evidence(t.Context(), "contoso", "act-1", f.Clock.Now())
	if err != nil || bytes.Contains(row.Sealed, []byte("Visa")) {
		t.Errorf("it is not sealed: %q %v", row.Sealed, err)
	}
	before := len(f.Log.Rows("contoso"))
	var got struct {
		Items []struct {
			File, Masked, Context string
			Start                 int64
		}
		Expires time.Time
	}
	f.Want(t, "contoso/analyst", "GET", at, nil, 200, &got)
	if len(got.Items) != 2 || got.Items[1].File != "b.docx" || got.Items[0].Context != "Visa #### 1111" || !got.Expires.Equal(apitest.Monday.AddDate(0, 0, 30)) {
		t.Errorf("%+v", got)
	}
	rows := f.Log.Rows("contoso")
	if len(rows) != before+1 || rows[before].ActionType != "evidence.read" || rows[before].Objects[0].ID != "act-1" || rows[before].User.Name != "contoso analyst" {
		t.Errorf("the look is not recorded: %+v", rows[before:])
	}
	f.Log.Deafen(fmt.Errorf("the bus is full"))
	if a := f.Want(t, "contoso/analyst", "GET", at, nil, 503, nil); bytes.Contains(a.Body, []byte("Visa")) {
		t.Errorf("an unrecorded look shows %s", a.Body)
	}
	f.Log.Deafen(nil)
	f.Want(t, "contoso/reader", "GET", at, nil, 403, nil)
	f.Want(t, "fabrikam/analyst", "GET", "/api/v2/tenants/fabrikam/dlp/evidence/act-1", nil, 404, nil)

	f.Want(t, "contoso/operator", "PUT", setting, map[string]any{"keep": "off"}, 403, nil)
	f.Want(t, "contoso/admin", "PUT", setting, map[string]any{"keep": "all"}, 422, nil)
	f.Want(t, "contoso/admin", "PUT", setting, map[string]any{"days": 1000}, 422, nil)
	f.Want(t, "contoso/admin", "PUT", setting, map[string]any{"keep": "last4", "days": 7, "context": 100}, 200, nil)
	if opt := f.Evidence.Options("contoso", dlp.Options{}); opt.Last != 4 || opt.Context != 100 || opt.Matches == 0 {
		t.Errorf("%+v", opt)
	}
	f.Want(t, "contoso/admin", "PUT", setting, map[string]any{"keep": "off"}, 200, nil)
	if opt := f.Evidence.Options("contoso", dlp.Options{}); opt.Matches != 0 {
		t.Errorf("%+v", opt)
	}
	keep("c.docx")
	f.Want(t, "contoso/analyst", "GET", at, nil, 200, &got)
	if len(got.Items) != 2 {
		t.Errorf("something is kept that should not be: %+v", got)
	}
	f.Clock.Advance(30 * 24 * time.Hour)
	f.Want(t, "contoso/analyst", "GET", at, nil, 404, nil)
	if n, err := f.DB.DeleteExpired(t.Context(), f.Clock.Now(), 10); err != nil || n == 0 {
		t.Errorf("%d rows removed, %v", n, err)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "POST", ours, apitest.File(patients), 200, nil)
	docs, _ := own.Decode([]byte(patients))
	key := edm.NewKey()
	var file bytes.Buffer
	if _, err := tables.Hash(t.Context(), strings.NewReader("record,name\nR000001,Maria Example\n"), docs[0].Table, key, &file, tables.HashOptions{}); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file.Bytes())
	at := "/api/v2/tenants/contoso/dlp/edm"
	finish := map[string]any{"sha256": hex.EncodeToString(sum[:]), "key": key.Encode()}
	var list struct {
		Items []struct {
			ID, State string
			Rows      int64
		}
	}
	f.Want(t, "contoso/reader", "GET", at, nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].State != "missing" {
		t.Errorf("%+v", list)
	}
	scan := "/api/v2/tenants/contoso/dlp/scan?types=patients"
	f.Want(t, "contoso/analyst", "POST", scan, "R000001 Maria Example", 503, nil) // not clean
	f.Want(t, "contoso/operator", "PUT", at+"/nothing/upload?offset=0", file.String(), 404, nil)
	f.Want(t, "contoso/operator", "PUT", at+"/patients/upload?offset=0", file.String()[:50], 200, nil)
	f.Want(t, "contoso/operator", "PUT", at+"/patients/upload?offset=10", file.String()[10:], 409, nil)
	f.Want(t, "contoso/operator", "PUT", at+"/patients/upload?offset=50", file.String()[50:], 200, nil)
	f.Want(t, "contoso/operator", "POST", at+"/patients/upload", map[string]any{"sha256": finish["sha256"], "key": edm.NewKey().Encode()}, 422, nil)
	a := f.Want(t, "contoso/operator", "POST", at+"/patients/upload", finish, 200, nil)
	if bytes.Contains(a.Body, []byte(key.Encode())) || strings.Contains(f.Logged(), key.Encode()) {
		t.Error("the key is told")
	}
	f.Want(t, "contoso/reader", "GET", at, nil, 200, &list)
	if list.Items[0].State != "ready" || list.Items[0].Rows != 1 {
		t.Errorf("%+v", list)
	}
	var got scanned
	f.Want(t, "contoso/analyst", "POST", scan, "R000001 Maria Example", 200, &got)
	if len(got.Findings) != 1 || got.Findings[0].Confidence != 85 {
		t.Errorf("%+v", got)
	}
	f.Want(t, "contoso/analyst", "POST", scan, "R000001 Maria Other", 200, &got)
	if got.Verdict != "clean" {
		t.Errorf("%+v", got)
	}
	f.Want(t, "fabrikam/operator", "POST", "/api/v2/tenants/fabrikam/dlp/types", apitest.File(patients), 200, nil)
	f.Want(t, "fabrikam/analyst", "POST", "/api/v2/tenants/fabrikam/dlp/scan?types=patients", "R000001 Maria Example", 503, nil)
	f.Want(t, "contoso/operator", "DELETE", at+"/patients", nil, 204, nil)
	f.Want(t, "contoso/operator", "DELETE", at+"/patients", nil, 404, nil)
	f.Want(t, "contoso/analyst", "POST", scan, "R000001 Maria Example", 503, nil)
}
