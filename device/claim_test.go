package device

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
)

func TestFromClaims(t *testing.T) {
	t.Parallel()
	okta := []model.DeviceClaim{{Claim: "device_trust", Values: []string{"MANAGED", "trusted"}, Tag: model.TagManaged}}
	adfs := []model.DeviceClaim{
		{Claim: "ismanaged", Tag: model.TagManaged},
		{Claim: "trusttype", Values: []string{"ServerAD"}, Tag: model.TagHybridJoined, Attribute: "trustType"},
		{Claim: "deviceid", Attribute: "deviceId"},
	}
	iat := float64(now.Add(-time.Minute).Unix())
	for _, c := range []struct {
		name   string
		claims []model.DeviceClaim
		json   string
		tags   []model.DeviceTag
		facts  string
	}{
		{"accepted in another case", okta, `{"device_trust":"managed"}`, []model.DeviceTag{model.TagManaged}, `{}`},
		{"one of a list", okta, `{"device_trust":["x","TRUSTED"]}`, []model.DeviceTag{model.TagManaged}, `{}`},
		{"another value", okta, `{"device_trust":"none"}`, []model.DeviceTag{model.TagUnmanaged}, `{}`},
		{"absent", okta, `{}`, nil, `{}`},
		{"null", okta, `{"device_trust":null}`, nil, `{}`},
		{"an object", okta, `{"device_trust":{"a":"managed"}}`, nil, `{}`},
		{"a list in a list", okta, `{"device_trust":[["managed"]]}`, nil, `{}`},
		{"an empty list", okta, `{"device_trust":[]}`, nil, `{}`},
		{"too long", okta, `{"device_trust":"` + strings.Repeat("x", maxClaimLength+1) + `"}`, nil, `{}`},
		{"too many", okta, `{"device_trust":["managed"` + strings.Repeat(`,"x"`, maxClaimValues) + `]}`, nil, `{}`},
		{"AD FS", adfs, `{"ismanaged":true,"trusttype":"ServerAD","deviceid":"8F1C"}`, []model.DeviceTag{model.TagHybridJoined, model.TagManaged}, `{"deviceId":"8f1c","trustType":"ServerAD"}`},
		{"AD FS, as text", adfs, `{"ismanaged":"True"}`, []model.DeviceTag{model.TagManaged}, `{}`},
		{"AD FS, registered only", adfs, `{"ismanaged":"false","trusttype":"Workplace","deviceid":"a"}`, []model.DeviceTag{model.TagUnmanaged}, `{"deviceId":"a","trustType":"Workplace"}`},
		{"an attribute alone answers nothing", adfs, `{"deviceid":"a"}`, nil, `{"deviceId":"a"}`},
		{"a number is not true", adfs, `{"ismanaged":1}`, []model.DeviceTag{model.TagUnmanaged}, `{}`},
		{"signed too long ago", okta, `{"device_trust":"managed","iat":1000}`, nil, `{}`},
		{"signed in the future", okta, `{"device_trust":"managed","iat":9999999999}`, []model.DeviceTag{model.TagManaged}, `{}`},
	} {
		claims := map[string]any{"iat": iat}
		if err := json.Unmarshal([]byte(c.json), &claims); err != nil {
			t.Fatal(err)
		}
		proofs := FromClaims(ClaimSettings{Provider: "adfs", Claims: c.claims}, claims, now)
		got := Tags(proofs, now, false)
		want := c.tags
		if want == nil {
			want = []model.DeviceTag{model.TagUnknown}
		}
		facts := Facts(proofs, now)
		if text, _ := json.Marshal(facts); !slices.Equal(got, want) || string(text) != c.facts || Asked(proofs, now) != (c.tags != nil) {
			t.Errorf("%s: %v with %s; want %v with %s", c.name, got, text, want, c.facts)
		}
		for _, p := range proofs {
			if p.At.After(now) || p.Expires.After(now.Add(DefaultLease)) || !strings.Contains(p.Evidence, "adfs") {
				t.Errorf("%s: %+v", c.name, p)
			}
		}
	}
	proofs := FromClaims(ClaimSettings{Provider: "p", Claims: okta, Issued: now.Add(-5 * time.Minute), Lease: 6 * time.Minute}, map[string]any{"device_trust": []string{"managed"}}, now)
	if len(proofs) != 1 || !proofs[0].Expires.Equal(now.Add(time.Minute)) {
		t.Errorf("the age of an assertion: %+v", proofs)
	}
}

func TestProvenID(t *testing.T) {
	t.Parallel()
	proof := func(kind, id string, end time.Duration) model.Proof {
		return model.Proof{Tag: model.TagManaged, Kind: kind, At: now, Expires: now.Add(end), Facts: &model.DeviceFacts{DeviceID: model.FactOf(id)}}
	}
	for _, c := range []struct {
		name   string
		proofs []model.Proof
		want   string
	}{
		{"none", nil, ""},
		{"claim", []model.Proof{proof(KindClaim, "a", time.Minute)}, "a"},
		{"certificate and claim agree", []model.Proof{proof(KindClaim, "a", time.Minute), proof(KindCertificate, "a", time.Minute)}, "a"},
		{"they differ", []model.Proof{proof(KindClaim, "a", time.Minute), proof(KindCertificate, "b", time.Minute)}, ""},
		{"over", []model.Proof{proof(KindClaim, "a", 0)}, ""},
		{"what a look-up said", []model.Proof{proof(KindIntune, "a", time.Minute), proof(KindManagement, "a", time.Minute)}, ""},
		{"empty", []model.Proof{proof(KindClaim, "", time.Minute)}, ""},
	} {
		if id, _, ok := ProvenID(c.proofs, now); id != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, id, ok)
		}
	}
}

func TestRenewAll(t *testing.T) {
	t.Parallel()
	issue := func(tag model.DeviceTag, kind string) model.Proof { return Issue(tag, kind, "", now, time.Minute) }
	have := []model.Proof{issue(model.TagManaged, KindClaim), issue(model.TagHybridJoined, KindClaim), issue(model.TagValidClientCertificate, KindCertificate)}
	got := RenewAll(have, []model.Proof{issue(model.TagUnmanaged, KindClaim)})
	if len(got) != 2 || got[0].Kind != KindCertificate || got[1].Tag != model.TagUnmanaged {
		t.Errorf("%+v", got)
	}
	if got = RenewAll(have, nil); len(got) != 3 {
		t.Errorf("nothing new: %+v", got)
	}
	if got = Renew([]model.Proof{issue(model.TagIntuneCompliant, KindIntune)}, issue(model.TagUnmanaged, KindIntune)); len(got) != 1 || got[0].Tag != model.TagUnmanaged {
		t.Errorf("a device that fell out of compliance: %+v", got)
	}
}

// FuzzFromClaims: whatever a provider signs, no proof lies in the future or outlives its lease, and no tag comes of
// another value than an accepted one.
func FuzzFromClaims(f *testing.F) {
	f.Add(`{"c":"true","iat":1}`)
	f.Add(`{"c":["a",true,1.5,null,{}],"d":[[]]}`)
	f.Add(`{"c":1e400,"iat":-1e30}`)
	set := ClaimSettings{Provider: "p", Claims: []model.DeviceClaim{{Claim: "c", Tag: model.TagManaged}, {Claim: "d", Attribute: "isCompliant"}, {Claim: "d", Attribute: "physicalIds"}}}
	f.Fuzz(func(t *testing.T, text string) {
		var claims map[string]any
		if json.Unmarshal([]byte(text), &claims) != nil {
			return
		}
		for _, p := range FromClaims(set, claims, now) {
			if p.At.After(now) || p.Expires.After(now.Add(DefaultLease)) {
				t.Errorf("%+v", p)
			}
			if p.Tag == model.TagManaged && !strings.Contains(strings.ToLower(p.Evidence), "true") {
				t.Errorf("managed by %q", p.Evidence)
			}
		}
	})
}
