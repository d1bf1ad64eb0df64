package cli

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
)

// notRun are the verbs whose examples are not run here, and why.
var notRun = map[string]string{
	"serve":          "runs until it is stopped; TestStart sees what it is given, the tests of test and demo start whole servers",
	"demo":           "runs until it is stopped; TestStart sees what it is given, the tests of demo and test/browser start it",
	"demo trust":     "changes what this user's browsers trust",
	"demo untrust":   "changes what this user's browsers trust",
	"app check":      "asks an app, and no test asks the internet; TestAppCheck has one of its own",
	"admin recover":  "is node's, which this package may not import; the tests of node and TestRecover run it",
	"config check":   "is node's, which this package may not import; the tests of node check the example with it",
	"config example": "is node's, which this package may not import; the tests of node check it",
}

// noJSON are the verbs whose answer is another form of data also with --json, and why. All others give JSON or nothing.
var noJSON = map[string]string{
	"activity export": "--format says in which form",
}

// rehearsal is a stage with everything on it that examples name, in a folder of its own.
type rehearsal struct {
	*stage
	reference string // of a download
	authority string // an upload of a device authority, as JSON
	print     string // the beginning of its fingerprint
}

func newRehearsal(t *testing.T) *rehearsal {
	t.Helper()
	sample, err := os.ReadFile(filepath.Join("..", "examples", "onedrive-block-download-unmanaged.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rehearsal{stage: newStage(t)}
	r.Want(t, "contoso/operator", "PUT", "/api/v2/tenants/contoso/apps/files", apitest.FilesApp, 200, nil)
	for _, folder := range []string{"policies", "examples", "exports"} {
		if err := os.Mkdir(filepath.Join(r.dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r.write(t, "examples/onedrive-block-download-unmanaged.yaml", string(sample))
	r.write(t, "policies/block.yaml", apitest.BlockPolicy)
	r.write(t, "policies/route.yaml", apitest.RoutePolicy)
	r.write(t, "onedrive.yaml", apitest.RoutePolicy+"---\n"+apitest.BlockPolicy)
	r.write(t, "draft.yaml", strings.Replace(apitest.BlockPolicy, "level: strict", "level: standard", 1))
	r.write(t, "files.yaml", appYAML)
	r.write(t, "types.yaml", caseNumber)
	r.write(t, "labels.yaml", labelsYAML)
	r.write(t, "graph.json", graphLabels)
	r.write(t, "contract.docx", wordFile(t))
	r.write(t, "labelled.docx", wordFile(t))
	for _, name := range []string{"export.csv", "notes.txt", "tickets.txt"} {
		r.write(t, name, "Visa 4111 1111 1111 1111, C-1234\n")
	}
	r.write(t, "patients.yaml", patients)
	r.write(t, "patients.csv", patientRows)
	r.write(t, "leave-form.docx", leaveForm)
	r.write(t, "entra.json", entraPolicy)
	for name, text := range entraExports() {
		r.write(t, filepath.Join("exports", name), text)
	}
	r.devices(t)
	r.write(t, "okta.xml", providerMetadata(t, r.Clock.Now()))
	r.restore(t)
	r.reference = r.Download(t, "contoso", "dora").Reference
	v := session.Session{ID: "s1", Tenant: "contoso", User: model.User{ID: "u1", Username: "dora@contoso.com"}, SecretHash: "h"}
	v.Created, v.LastSeen, v.Expires, v.Idle = apitest.Monday, apitest.Monday, apitest.Monday.Add(8*time.Hour), time.Hour
	if err := r.DB.PutSession(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if err := r.DB.PutToken(t.Context(), tenant.Token{ID: "tok-0123456789abcdef", Name: "old", Tenant: "contoso", Role: tenant.RoleReader, Hash: tenant.HashToken("x"), Created: apitest.Monday}); err != nil {
		t.Fatal(err)
	}
	return r
}

// caseNumber is an own type.
const caseNumber = "kind: InformationType\nid: case-number\nname: Case number\npatterns: [{regexp: 'C-\\d{4}'}]\npositives: [see C-1234]\nnegatives: [see C-12]\n"

// entraPolicy is what Graph answers about a tenant's Conditional Access.
const entraPolicy = `{"value": [{
  "id": "6b1f5f0a-9b1e-4a55-8f37-0d6c1a5d7a10", "displayName": "No older clients", "state": "enabled",
  "conditions": {"users": {"includeUsers": ["All"], "excludeGroups": ["0d4f3f6e-58a5-4a5e-9d0e-3c1f2b6a7e11"]}, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["exchangeActiveSync", "other"]},
  "grantControls": {"operator": "OR", "builtInControls": ["block"]}
}]}
`

// sayable is a policy that Entra has words for.
const sayable = `kind: ConditionalAccess
id: no-older-clients
name: No older clients
state: enabled
conditions:
  users: {includeUsers: [All], excludeGroups: [0d4f3f6e-58a5-4a5e-9d0e-3c1f2b6a7e11]}
  applications: {includeApplications: [All]}
  clientAppTypes: [exchangeActiveSync, other]
grantControls: {operator: OR, builtInControls: [block]}
`

// devices writes an authority and its revocation list.
func (r *rehearsal) devices(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := r.Clock.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Contoso Devices"}, IsCA: true, BasicConstraintsValid: true, SubjectKeyId: []byte("x"),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(2, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now, NextUpdate: now.AddDate(0, 0, 7)}, ca, key)
	if err != nil {
		t.Fatal(err)
	}
	r.authority = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	r.write(t, "contoso-devices.pem", r.authority)
	r.write(t, "contoso-devices.crl", string(list))
}

// restore brings back what an example before may have taken away.
func (r *rehearsal) restore(t *testing.T) {
	t.Helper()
	r.Clock.Advance(time.Minute)
	r.Do(t, "contoso/operator", "PUT", "/api/v2/tenants/contoso/apps/files", apitest.FilesApp)
	r.Want(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/policies/apply", apitest.File(apitest.RoutePolicy+"---\n"+apitest.BlockPolicy), 200, nil)
	for _, made := range []string{"siem.token", "okta.token", "november.csv"} {
		if err := os.Remove(filepath.Join(r.dir, made)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// ready makes what one verb's example stands on, and returns its words with ids that are made anew each time in
// place of the example's.
func (r *rehearsal) ready(t *testing.T, verb string, words []string) []string {
	t.Helper()
	id := ""
	switch verb {
	case "tenant add": // with the epoch that it has by now
		r.write(t, "contoso.yaml", r.run(t, "contoso-admin", "tenant", "get", "contoso").out)
	case "provider add": // a token of the tenant, and nothing there before
		for _, id := range []string{"entra", "okta"} {
			r.Do(t, "contoso/admin", "DELETE", "/api/v2/tenants/contoso/providers/"+id, nil)
		}
	case "provider test", "provider remove":
		r.run(t, "contoso-admin", "provider", "add", "okta", "--metadata", "okta.xml", "--update")
	case "policy export": // other policies are refused, and the example is about none that is
		var have struct{ Items []struct{ ID string } }
		r.Want(t, "contoso/reader", "GET", "/api/v2/tenants/contoso/policies", nil, 200, &have)
		for _, p := range have.Items {
			r.Want(t, "contoso/operator", "DELETE", "/api/v2/tenants/contoso/policies/"+p.ID, nil, 204, nil)
		}
		r.Want(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/policies/apply", apitest.File(sayable, "force", true), 200, nil)
	case "breakglass account add", "breakglass account remove", "breakglass account tested":
		have := append(apitest.Outside("contoso").Accounts, tenant.Account{Name: "breakglass3@contoso.onmicrosoft.com", At: "https://entra.microsoft.com"})
		if verb == "breakglass account add" {
			have = have[1:]
		}
		r.Want(t, "contoso/admin", "PUT", "/api/v2/tenants/contoso/break-glass/accounts", map[string]any{"accounts": have}, 200, nil)
	case "breakglass bypass start", "breakglass bypass end":
		var have struct {
			Items []struct {
				ID   string
				Live bool
			}
		}
		r.Want(t, "contoso/reader", "GET", "/api/v2/tenants/contoso/break-glass/bypasses", nil, 200, &have)
		for _, b := range have.Items {
			if b.Live {
				r.Want(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/break-glass/bypasses/"+b.ID+"/end", map[string]any{}, 200, nil)
			}
		}
		if verb == "breakglass bypass end" {
			var made struct{ ID string }
			r.Want(t, "contoso/admin", "POST", "/api/v2/tenants/contoso/break-glass/bypasses", map[string]any{"for": "1h", "reason": "it is broken"}, 201, &made)
			id = made.ID
		}
	case "mfa reset":
		dora := factor.Owner{Tenant: "contoso", Provider: "company", User: "u1"}
		if _, err := r.DB.DeleteFactors(t.Context(), dora); err != nil {
			t.Fatal(err)
		}
		if err := r.DB.PutFactor(t.Context(), factor.Factor{ID: "3kq7xq0t", Owner: dora, Username: "dora@contoso.com", Kind: factor.Passkey, Created: r.Clock.Now(), Sealed: []byte("x"), Revision: 1}); err != nil {
			t.Fatal(err)
		}
	case "directory source add":
		for _, id := range []string{"entra", "okta"} {
			r.Do(t, "contoso/admin", "DELETE", "/api/v2/tenants/contoso/directory/sources/"+id, nil)
		}
	case "directory source list", "directory source remove", "directory source sync", "directory token create", "directory token list", "directory token revoke",
		"directory user list", "directory user show", "directory group list", "directory group show":
		r.people(t)
	case "label list", "label show", "label history", "label write":
		r.Do(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/labels", apitest.File(labelsYAML))
	case "dlp edm upload", "dlp edm list", "dlp edm remove":
		r.write(t, "patients.yaml", patients)
		hashed(t, r.stage)
		r.Do(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/dlp/types", apitest.File(patients))
		if verb == "dlp edm remove" {
			r.run(t, "contoso-admin", "dlp", "edm", "upload", "patients.edm")
		}
	case "dlp evidence":
		if err := r.Evidence.Keep(t.Context(), "contoso", "0192f7c2a1b84d5e", "plan.docx", []dlp.Match{{Type: "credit-card-number", Confidence: 85, Masked: "####"}}); err != nil {
			t.Fatal(err)
		}
	case "dlp types show", "dlp types history", "dlp types remove":
		r.Do(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/dlp/types", apitest.File(caseNumber))
	case "policy back":
		r.Want(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/policies/block-downloads/flip", map[string]any{}, 200, nil)
	case "exception approve", "exception refuse", "exception end":
		id = r.Request(t, "contoso", "dora@contoso.com")
		if verb == "exception end" {
			r.Want(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/exceptions/"+id+"/approve", map[string]any{}, 200, nil)
		}
	case "device ca remove", "device crl add":
		r.Do(t, "contoso/admin", "POST", "/api/v2/tenants/contoso/device/authorities", map[string]any{"certificate": r.authority})
		var have struct {
			Authorities []struct{ Fingerprint string }
		}
		r.Want(t, "contoso/reader", "GET", "/api/v2/tenants/contoso/device/authorities", nil, 200, &have)
		r.print = have.Authorities[0].Fingerprint[:16]
	}
	out := slices.Clone(words)
	for i, w := range out {
		switch w {
		case "ex-k7qm2t9x", "bp-0123456789abcdef":
			out[i] = id
		case "K7QM-2T9X":
			out[i] = r.reference
		case "3f9a0c21d4e5b678":
			out[i] = r.print
		}
	}
	return out
}

// people fills two sources, one that is pushed and one that is read.
func (r *rehearsal) people(t *testing.T) {
	t.Helper()
	now := r.Clock.Now()
	for _, s := range []directory.Source{
		{ID: "okta", Tenant: "contoso", Kind: directory.KindSCIM, Created: now},
		{ID: "entra", Tenant: "contoso", Kind: directory.KindGraph, Graph: &directory.Graph{Tenant: "contoso.com", ClientID: "x", SecretFile: "/x"}, Created: now},
	} {
		if err := r.DB.DeleteSource(t.Context(), "contoso", s.ID); err != nil && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
		if err := r.DB.AddSource(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.DB.AddSourceToken(t.Context(), directory.Token{ID: "tok-0123456789abcdef", Tenant: "contoso", Source: "okta", Hash: "x", Created: now}); err != nil {
		t.Fatal(err)
	}
	if err := r.DB.Apply(t.Context(), "contoso", "okta", directory.Batch{
		Users: []directory.User{{Source: "okta", ID: "u1", Username: "anna@contoso.com", Name: "Anna", Active: true, Created: now, Changed: now}}, Groups: []directory.Group{{Source: "okta", ID: "g1", Name: "Sales", Created: now, Changed: now}},
		Members: []directory.Membership{{Group: "g1", Add: []directory.Member{{ID: "u1"}}}}, At: now,
	}); err != nil {
		t.Fatal(err)
	}
}

// follow runs an example that goes on until it is interrupted: after its first line.
func (r *rehearsal) follow(t *testing.T, args []string) result {
	t.Helper()
	var got result
	var wait sync.WaitGroup
	ctx, stop := contextWithStop(t)
	defer stop()
	env := map[string]string{"REFEREE_SERVER": r.url, "REFEREE_TOKEN_FILE": filepath.Join(r.dir, "contoso-admin.token")}
	a := &app{env: func(k string) string { return env[k] }, now: r.Clock.Now, zone: time.UTC}
	a.out = writerFunc(func(b []byte) { got.out += string(b); stop() })
	a.notes = writerFunc(func(b []byte) {
		if got.notes += string(b); got.out == "" {
			wait.Go(func() { r.Download(t, "contoso", "dora") })
		}
	})
	c := a.root()
	c.SetArgs(args)
	err := c.ExecuteContext(ctx)
	wait.Wait()
	if got.code = report(io.Discard, err); ctx.Err() == context.DeadlineExceeded { //nolint:errorlint // a context's own
		t.Errorf("nothing came within the time: %+v", got)
	}
	return got
}

// TestExamplesRun runs the example of every verb against a server, with and without --json. Whatever can't be run
// is in a list that says why. It changes the folder, so nothing runs beside it.
func TestExamplesRun(t *testing.T) {
	for _, mode := range []string{"text", "json"} {
		home, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		r := newRehearsal(t)
		t.Chdir(r.dir)
		ran := map[string]bool{}
		walk(New(Functions{}), func(c *cobra.Command) {
			for _, line := range strings.Split(c.Example, "\n") {
				words, ok := split(strings.TrimSpace(line))
				if !ok || len(words) < 2 {
					continue
				}
				if i := slices.Index(words, ">"); i > 0 {
					words = words[:i]
				}
				found, _, err := New(Functions{}).Find(words[1:])
				if err != nil {
					t.Errorf("%s: %v", line, err)
					continue
				}
				verb := strings.TrimPrefix(found.CommandPath(), "referee ")
				if ran[verb] = true; notRun[verb] == "" {
					r.example(t, mode == "json", verb, line, words)
				}
			}
			if !c.HasSubCommands() && !ran[strings.TrimPrefix(c.CommandPath(), "referee ")] {
				t.Errorf("%s has no example of itself", c.CommandPath())
			}
		})
		for verb := range notRun {
			if !ran[verb] {
				t.Errorf("%q is in the list of what is not run, and is no verb", verb)
			}
		}
		t.Chdir(home)
	}
}

func (r *rehearsal) example(t *testing.T, asJSON bool, verb, line string, words []string) {
	t.Helper()
	r.restore(t)
	args := r.ready(t, verb, words[1:])
	if asJSON && !slices.Contains(args, "--json") {
		args = append(args, "--json")
	}
	role := "contoso-admin"
	if verb == "tenant add" || verb == "directory source add" { // which names files of the host
		role = "all-admin"
	}
	if verb == "directory source add" {
		args = append(args, "--tenant", "contoso")
	}
	var got result
	if verb == "activity tail" {
		got = r.follow(t, args)
	} else {
		got = r.run(t, role, args...)
	}
	if got.code != 0 {
		t.Errorf("%s (json: %t) fails: %+v", line, asJSON, got)
		return
	}
	if strings.Contains(line, ">") && got.out == "" {
		t.Errorf("%s gives nothing to write: %+v", line, got)
	}
	if !asJSON || noJSON[verb] != "" {
		return
	}
	for d := json.NewDecoder(strings.NewReader(got.out)); d.More(); {
		var v any
		if err := d.Decode(&v); err != nil {
			t.Errorf("%s --json gives no JSON: %v\n%s", line, err, got.out)
			return
		}
	}
}
