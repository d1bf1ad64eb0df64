package vault

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	v, _, c := newVault(t)
	token, err := v.Sign("contoso", "via", []byte("app session"), start.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Verify("contoso", "via", token); err != nil || string(got) != "app session" {
		t.Fatalf("%q, %v", got, err)
	}
	if _, err := v.Sign("fabrikam", "via", nil, start); err != nil {
		t.Fatal(err)
	}
	swap := func(i int) string {
		b := []byte(token)
		if b[i] == 'A' {
			b[i] = 'B'
		} else {
			b[i] = 'A'
		}
		return string(b)
	}
	for _, bad := range []struct {
		name, tenant, purpose, token string
	}{
		{"other tenant", "fabrikam", "via", token},
		{"unknown tenant", "nobody", "via", token},
		{"other purpose", "contoso", "lookup", token},
		{"empty", "contoso", "via", ""},
		{"not base64", "contoso", "via", "%%%"},
		{"padding", "contoso", "via", token + "="},
		{"cut", "contoso", "via", token[:len(token)-4]},
		{"longer", "contoso", "via", token + "AAAA"},
		{"huge", "contoso", "via", strings.Repeat("A", maxToken+1)},
		{"version", "contoso", "via", swap(0)},
		{"key id", "contoso", "via", swap(5)},
		{"expiry", "contoso", "via", swap(12)},
		{"payload", "contoso", "via", swap(20)},
		{"mac", "contoso", "via", swap(len(token) - 10)},
	} {
		if got, err := v.Verify(model.TenantID(bad.tenant), bad.purpose, bad.token); !fault.Is(err, fault.Unauthenticated) || got != nil {
			t.Errorf("%s: %q, %v; want unauthenticated", bad.name, got, err)
		}
	}
	c.advance(time.Minute)
	if _, err := v.Verify("contoso", "via", token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("at its end: %v", err)
	}
	if _, err := v.Sign("contoso", "via", make([]byte, maxToken), start); !fault.Is(err, fault.Limited) {
		t.Errorf("too long: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	v, _, _ := newVault(f)
	sealed, err := v.Seal("contoso", "jar", []byte("value"), []byte("ad"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{})
	f.Add(sealed[:Overhead])
	f.Fuzz(func(t *testing.T, blob []byte) {
		got, err := v.Open("contoso", "jar", blob, []byte("ad"))
		if err == nil && string(blob) != string(sealed) {
			t.Fatalf("a forged blob opened to %q", got)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("kind %v", fault.KindOf(err))
		}
	})
}

func FuzzVerify(f *testing.F) {
	v, _, _ := newVault(f)
	token, err := v.Sign("contoso", "via", []byte("payload"), start.Add(time.Hour))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("")
	f.Add(token + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := v.Verify("contoso", "via", text); err == nil && text != token {
			t.Fatalf("a forged token verified: %q", got)
		}
	})
}

func BenchmarkSealOpen(b *testing.B) {
	v, _, _ := newVault(b)
	plain := make([]byte, 256)
	b.ReportAllocs()
	for b.Loop() {
		sealed, _ := v.Seal("contoso", "jar", plain, nil)
		if _, err := v.Open("contoso", "jar", sealed, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v, _, _ := newVault(b)
	token, _ := v.Sign("contoso", "via", make([]byte, 32), start.Add(time.Hour))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify("contoso", "via", token); err != nil {
			b.Fatal(err)
		}
	}
}
