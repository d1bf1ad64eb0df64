package examples

import (
	"os"
	"strings"
	"testing"

	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

// TestSharePointStepA decides sign-ins by the Conditional Access policy of "Block download of Highly Confidential
// files to unmanaged devices" alone.
func TestSharePointStepA(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("sharepoint-block-download-highly-confidential.yaml")
	if err != nil {
		t.Fatal(err)
	}
	docs, problems := policy.Decode("", text)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{Labels: true}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	const controlled = "allow by=sharepoint-control-unmanaged duties=route control=mcasConfigured"
	for _, c := range []struct{ name, facts, want string }{
		{"unmanaged laptop", "signin app=sharepoint device=none os=Windows country=DK", controlled},
		{"hotel abroad, another platform", "signin app=sharepoint device=none os=Linux country=JP ip=198.51.100.9", controlled},
		{"nobody knows platform or place", "signin app=sharepoint device=none country=!", controlled},
		{"guest", "signin app=sharepoint device=none external", controlled},
		{"at the office, still unmanaged", "signin app=sharepoint device=none category=Corporate", controlled},
		{"compliant", "signin app=sharepoint device=compliant", "allow default"},
		{"hybrid joined", "signin app=sharepoint device=hybridJoined", "allow default"},
		{"compliant by its attribute", "signin app=sharepoint device=managed device.isCompliant=True", "allow default"},
		{"joined and no longer compliant", "signin app=sharepoint device=none device.isCompliant=False device.trustType=ServerAD", "allow default"},
		{"registered, neither", "signin app=sharepoint device=none device.isCompliant=False device.trustType=Workplace", controlled},
		{"a certificate proves neither", "signin app=sharepoint device=validClientCertificate", controlled},
		{"the device gives no answer", "signin app=sharepoint device=!", controlled},
		{"nobody has asked the device", "signin app=sharepoint device=?", "open,allow duties=route control=mcasConfigured needs=deviceProof within=30s"},
		{"sync client, compliant", "signin app=sharepoint device=compliant native", "allow default"},
		{"sync client, unmanaged", "signin app=sharepoint device=none native", "block by=sharepoint-control-unmanaged use-browser"},
		{"break glass", "signin app=sharepoint device=none group=Break_glass", "allow default"},
		{"another app", "signin app=teams device=none", "allow default"},
	} {
		in, err := policytest.Input(c.facts)
		if err != nil {
			t.Fatal(err)
		}
		var v policy.Verdict
		book.DecideSignIn(in, &v)
		got := policytest.Describe(&v)
		if v.UseBrowser {
			got += " use-browser"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.name, got, c.want, book.WhatIf(in))
		}
	}
}

// TestSharePointStepB decides downloads by the session policy: the label in the file decides.
func TestSharePointStepB(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("sharepoint-block-download-highly-confidential.yaml")
	if err != nil {
		t.Fatal(err)
	}
	docs, problems := policy.Decode("", text)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{Labels: true}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	const label, blocks = "8faca7b8-8d20-48a3-8ea2-0f96310a848e", "block by=sharepoint-block-highly-confidential"
	for _, c := range []struct{ name, facts, want string }{
		{"the label", "activity=download app=sharepoint device=none file=plan.docx label=" + label, blocks},
		{"another label", "activity=download app=sharepoint device=none file=plan.docx label=aaaaaaaa-8d20-48a3-8ea2-0f96310a848e", "allow"},
		{"no label", "activity=download app=sharepoint device=none file=plan.docx", "allow"},
		{"two labels", "activity=download app=sharepoint device=none file=plan.docx label=aaaaaaaa-8d20-48a3-8ea2-0f96310a848e label=" + label, blocks},
		{"nobody has looked", "activity=download app=sharepoint device=none file=plan.docx label=?", "open,block"},
		{"it can't be seen", "activity=download app=sharepoint device=none file=plan.docx label=!", blocks},
		{"a managed device", "activity=download app=sharepoint device=compliant file=plan.docx label=" + label, "allow"},
		{"another app", "activity=download app=teams device=none file=plan.docx label=" + label, "allow"},
	} {
		in, err := policytest.Input(c.facts)
		if err != nil {
			t.Fatal(err)
		}
		var v policy.Verdict
		book.Decide(in, &v)
		if got := policytest.Describe(&v); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
