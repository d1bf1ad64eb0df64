package signin_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/model"
)

// planZip is a file of the app's.
var planZip = append([]byte("PK\x03\x04"), bytes.Repeat([]byte("confidential "), 80_000)...)

// unmanagedReads routes everybody through session control, and lets managed devices alone download.
const unmanagedReads = `
kind: ConditionalAccess
id: route
name: Route everybody through session control
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
---
kind: SessionPolicy
id: block-download-unmanaged
name: Block download from unmanaged
control: controlFileDownload
activities: {device.tags: {eq: unmanaged}}
inspection: none
action: block
unscannable: block
`

// download asks for the file and returns how many bytes of it came.
func (b *browser) download(to string) (status, leaked int) {
	p := b.open(to)
	if !bytes.HasPrefix([]byte(p.text), planZip[:4]) {
		return p.status, 0
	}
	return p.status, len(p.text)
}

// TestReplayedCookie takes all cookies of a managed session to a second client and counts what gets out there, while
// the managed browser goes on.
func TestReplayedCookie(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		move func(r *rig, thief *browser) (back func())
	}{
		{"another program", func(_ *rig, thief *browser) func() { thief.agent = "curl/8"; return func() {} }},
		{"another TLS stack", func(r *rig, _ *browser) func() {
			set := func(p string) { r.mu.Lock(); r.print = p; r.mu.Unlock() }
			set("t13d1516h2_aaaaaaaaaaaa_e5627efa2ab1")
			return func() { set(printOne) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{policies: unmanagedReads})
			r.print = printOne
			b := r.managed()
			file := r.mapped("contoso", appHost) + "/plan.zip"
			b.open(r.mapped("contoso", appHost)+"/").has(t, 200, "hello director")
			if status, n := b.download(file); status != 200 || n != len(planZip) {
				t.Fatalf("the managed device: %d, %d bytes", status, n)
			}
			thief := r.browser(nil)
			for _, at := range []string{r.at("contoso", "/"), file} {
				thief.jar.SetCookies(mustURL(at), b.jar.Cookies(mustURL(at)))
			}
			back := c.move(r, thief)
			began, leaked := time.Now(), 0
			status, n := thief.download(file)
			took := time.Since(began)
			leaked += n
			for range 10 {
				_, n := thief.download(file)
				leaked += n
			}
			if status == http.StatusOK || leaked != 0 {
				t.Errorf("the second client: %d, %d bytes got out", status, leaked)
			}
			t.Logf("blocked in the first answer, after %v; %d bytes of 11 downloads got out", took.Round(time.Millisecond), leaked)
			ended := 0
			for _, a := range r.rec.of(model.ActivityDeviceProof) {
				if a.ActionType == "DeviceProofEnded" && strings.Contains(a.Reason, "changed") {
					ended++
				}
			}
			if ended != 1 {
				t.Errorf("%d activities say that the proof ended", ended)
			}
			back()
			b.open(r.mapped("contoso", appHost)+"/").has(t, 200)
			if status, n := b.download(file); status != 200 || n != len(planZip) {
				t.Errorf("the managed device afterwards: %d, %d bytes", status, n)
			}
		})
	}
}

const printOne = "t13d1516h2_8daaf6152771_e5627efa2ab1"

// TestReplayedFromTheSameBrowserModel is what a stolen cookie is good for where nothing tells the clients apart: the
// same program, address and TLS stack. The lease bounds it, and a second client can't renew it.
func TestReplayedFromTheSameBrowserModel(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: unmanagedReads})
	b := r.managed()
	file := r.mapped("contoso", appHost) + "/plan.zip"
	b.open(r.mapped("contoso", appHost)+"/").has(t, 200)
	if status, _ := b.download(file); status != 200 {
		t.Fatalf("the managed device: %d", status)
	}
	thief := r.browser(nil)
	for _, at := range []string{r.at("contoso", "/"), file} {
		thief.jar.SetCookies(mustURL(at), b.jar.Cookies(mustURL(at)))
	}
	var blocked time.Duration
	for at := time.Duration(0); at < 20*time.Minute; at += time.Minute {
		if status, n := thief.download(file); status != 200 && n == 0 {
			blocked = at
			break
		}
		r.clock.Advance(time.Minute)
	}
	if blocked == 0 || blocked > device.DefaultLease+time.Minute {
		t.Errorf("downloads went on for %v", blocked)
	}
	t.Logf("nothing told the clients apart: blocked after %v, when the lease ended", blocked)
}
