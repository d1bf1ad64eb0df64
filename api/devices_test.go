package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
)

type authorities struct {
	Authorities []struct {
		Fingerprint, Subject string
		Warnings             []string
	}
	RevocationLists []struct {
		Issuer  string
		Entries int
	}
}

// TestAuthorities is the life of a device authority in a tenant's document.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := f.Clock.Now()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Contoso Devices"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 30), SubjectKeyId: []byte("x"),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	list := func(at time.Time, n int) string {
		l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: at, NextUpdate: now.Add(24 * time.Hour)}
		for i := range n {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(int64(i + 2)), RevocationTime: now})
		}
		der, err := x509.CreateRevocationList(rand.Reader, l, ca, key)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(der)
	}
	at := "/api/v2/tenants/contoso/device/"
	do := func(who, method, path string, body any, status int) authorities {
		t.Helper()
		a := f.Do(t, who, method, at+path, body)
		if a.Status != status {
			t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
		}
		var out authorities
		_ = json.Unmarshal(a.Body, &out)
		return out
	}
	pemText := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	before := len(do("contoso/reader", http.MethodGet, "authorities", nil, 200).Authorities)
	got := do("contoso/admin", http.MethodPost, "authorities", map[string]any{"certificate": pemText}, 201)
	if len(got.Authorities) != before+1 || !strings.Contains(strings.Join(got.Authorities[before].Warnings, " "), "in 30 days") {
		t.Fatalf("%+v", got)
	}
	mine := got.Authorities[before].Fingerprint
	do("contoso/admin", http.MethodPost, "authorities", map[string]any{"certificate": base64.StdEncoding.EncodeToString(der)}, http.StatusConflict)
	do("contoso/admin", http.MethodPost, "authorities", map[string]any{"certificate": "hello"}, http.StatusUnprocessableEntity)
	do("contoso/operator", http.MethodPost, "authorities", map[string]any{"certificate": pemText}, http.StatusForbidden)
	got = do("contoso/admin", http.MethodPost, "revocation-lists", map[string]any{"list": list(now, 1)}, 201)
	if len(got.RevocationLists) != 1 || got.RevocationLists[0].Entries != 1 {
		t.Fatalf("%+v", got)
	}
	do("contoso/admin", http.MethodPost, "revocation-lists", map[string]any{"list": list(now.Add(-time.Hour), 0)}, http.StatusConflict)
	if got = do("contoso/admin", http.MethodPost, "revocation-lists", map[string]any{"list": list(now.Add(time.Second), 2)}, 201); len(got.RevocationLists) != 1 || got.RevocationLists[0].Entries != 2 {
		t.Fatalf("the newer list took no place: %+v", got)
	}
	do("contoso/admin", http.MethodDelete, "authorities/0123456789abcdef", nil, http.StatusNotFound)
	do("contoso/admin", http.MethodDelete, "authorities/"+mine[:4], nil, http.StatusNotFound)
	if got = do("contoso/admin", http.MethodDelete, "authorities/"+strings.ToUpper(mine[:16]), nil, 200); len(got.Authorities) != before {
		t.Fatalf("%+v", got)
	}
	var actions []string
	for _, a := range f.Log.Rows("contoso") {
		if strings.HasPrefix(a.ActionType, "device.") {
			actions = append(actions, a.ActionType+":"+string(a.Outcome))
		}
	}
	if text := strings.Join(actions, " "); !strings.Contains(text, "device.ca.add:complete") || !strings.Contains(text, "device.ca.remove:complete") || !strings.Contains(text, "device.crl.put:complete") {
		t.Errorf("recorded: %s", text)
	}
}

// TestDeviceSettingsOfTheInstallation: a tenant's own administrator neither opens the host's network nor reads its
// files.
func TestDeviceSettingsOfTheInstallation(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for name, change := range map[string]map[string]any{
		"private addresses": {"certificate": map[string]any{"revocation": "crl", "fetch": true, "private": true}},
		"a secret's file":   {"intune": map[string]any{"tenant": "contoso.example", "clientId": "x", "secretFile": "/etc/referee/other-tenant"}},
	} {
		var doc map[string]any
		if err := json.Unmarshal(f.Do(t, "contoso/admin", http.MethodGet, "/api/v2/tenants/contoso", nil).Body, &doc); err != nil {
			t.Fatal(err)
		}
		delete(doc, "$schema")
		doc["device"] = change
		if a := f.Do(t, "contoso/admin", http.MethodPut, "/api/v2/tenants/contoso", doc); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

// TestDeviceRecords is what a management system does.
func TestDeviceRecords(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	at := "/api/v2/tenants/contoso/devices"
	end := f.Clock.Now().Add(time.Hour)
	good := func() map[string]any {
		return map[string]any{"tags": []string{"managed", "compliant"}, "facts": map[string]any{"model": "X1", "trustType": nil, "isCompliant": true, "systemLabels": []string{"M365Managed"}}, "evidence": "disk is encrypted", "expires": end}
	}
	var row struct {
		Device, Source string
		Facts          map[string]any
	}
	f.Want(t, "contoso/devices", http.MethodPut, at+"/8F1C", good(), 200, &row)
	if v, there := row.Facts["trustType"]; row.Device != "8f1c" || row.Facts["model"] != "X1" || row.Facts["isCompliant"] != true || !there || v != nil || len(row.Facts) != 4 {
		t.Errorf("%+v", row)
	}
	for name, change := range map[string]func(map[string]any){
		"unknown attribute": func(m map[string]any) { m["facts"] = map[string]any{"colour": "red"} },
		"a number":          func(m map[string]any) { m["facts"] = map[string]any{"model": 7} },
		"a tag of browsers": func(m map[string]any) { m["tags"] = []string{"validClientCertificate"} },
		"for ever":          func(m map[string]any) { m["expires"] = end.AddDate(1, 0, 0) },
		"no end":            func(m map[string]any) { delete(m, "expires") },
		"another's id":      func(m map[string]any) { m["facts"] = map[string]any{"deviceId": "other"} },
	} {
		b := good()
		change(b)
		if got := f.Do(t, "contoso/devices", http.MethodPut, at+"/8f1c", b); got.Status != http.StatusUnprocessableEntity && got.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	list := func(query string) int {
		t.Helper()
		var out struct{ Items []any }
		f.Want(t, "contoso/analyst", http.MethodGet, at+query, nil, 200, &out)
		return len(out.Items)
	}
	if list("") != 1 || list("?device=8F1C") != 1 || list("?device=other") != 0 {
		t.Error("listed otherwise")
	}
	f.Want(t, "contoso/admin", http.MethodPut, at+"/8f1c", good(), 200, nil)
	if list("") != 2 {
		t.Error("one system overwrote another's word")
	}
	for who, want := range map[string]int{"contoso/reader": 403, "contoso/operator": 403, "fabrikam/devices": 404} {
		if got := f.Do(t, who, http.MethodPut, at+"/8f1c", good()); got.Status != want {
			t.Errorf("%s: %d", who, got.Status)
		}
	}
	if got := f.Do(t, "contoso/devices", http.MethodGet, at, nil); got.Status != http.StatusForbidden {
		t.Errorf("a management system reads the list: %d", got.Status)
	}
	if got := f.Do(t, "contoso/devices", http.MethodDelete, at+"/8f1c?source=contoso%20admin", nil); got.Status != http.StatusForbidden {
		t.Errorf("took back another's word: %d", got.Status)
	}
	if got := f.Do(t, "contoso/devices", http.MethodDelete, at+"/8f1c", nil); got.Status != http.StatusNoContent || list("") != 1 {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	f.Clock.Advance(2 * time.Hour)
	if list("") != 0 {
		t.Error("it outlived its end")
	}
}
