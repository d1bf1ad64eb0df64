package factor

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// TestCodes: the SHA-1 rows of RFC 6238 appendix B, of which apps show the last six digits.
func TestCodes(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := Code(secret, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	key := Key(secret)
	if key != "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" {
		t.Errorf("key %q", key)
	}
	u, err := url.Parse(KeyURI(secret, "Contoso: A&B", "dora@contoso.example"))
	if err != nil || u.Scheme != "otpauth" || u.Path != "/Contoso  A&B:dora@contoso.example" || u.Query().Get("secret") != strings.ReplaceAll(key, " ", "") || strings.Contains(u.RawQuery, "+") {
		t.Errorf("%v %v", u, err)
	}
}

func TestQR(t *testing.T) {
	t.Parallel()
	svg, err := QR(KeyURI(newTOTPSecret(), "Contoso", "dora@contoso.example"))
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.NewDecoder(strings.NewReader(svg)).Decode(new(struct{})); err != nil || strings.Contains(svg, "otpauth") || strings.Contains(svg, "script") {
		t.Errorf("%v: %.200s", err, svg)
	}
	if _, err := QR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that fits no code")
	}
}

// memory is a store of one process.
type memory struct {
	mu   sync.Mutex
	list []Factor
}

func (m *memory) PutFactor(_ context.Context, f Factor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.list {
		if h.Owner == f.Owner && (h.ID == f.ID || h.Kind == f.Kind && f.Kind != Passkey) {
			return fault.New(fault.Conflict, "memory", "is there")
		}
	}
	m.list = append(m.list, f)
	return nil
}

func (m *memory) UpdateFactor(_ context.Context, f Factor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, h := range m.list {
		if h.Owner == f.Owner && h.ID == f.ID {
			if h.Revision != f.Revision {
				return fault.New(fault.Conflict, "memory", "changed")
			}
			f.Revision++
			m.list[i] = f
			return nil
		}
	}
	return fault.New(fault.NotFound, "memory", "gone")
}

func (m *memory) Factors(_ context.Context, of Owner) ([]Factor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Factor
	for _, f := range m.list {
		if f.Owner == of {
			out = append(out, f)
		}
	}
	return out, nil
}
func (m *memory) FactorsOf(context.Context, model.TenantID) ([]Factor, error) { return m.list, nil }
func (m *memory) DeleteFactor(_ context.Context, of Owner, id string) error {
	if m.remove(func(f Factor) bool { return f.Owner == of && f.ID == id }) == 0 {
		return fault.New(fault.NotFound, "memory", "gone")
	}
	return nil
}

func (m *memory) DeleteFactors(_ context.Context, of Owner) (int, error) {
	return m.remove(func(f Factor) bool { return f.Owner == of }), nil
}

func (m *memory) remove(which func(Factor) bool) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.list)
	m.list = slices.DeleteFunc(m.list, which)
	return n - len(m.list)
}
func (m *memory) PutAcceptance(context.Context, Acceptance) error { return nil }
func (m *memory) Accepted(context.Context, Owner, string, string) (Acceptance, error) {
	return Acceptance{}, fault.New(fault.NotFound, "memory", "no")
}

// seal is no cipher, but binds to its place as one does.
type seal struct{}

func (seal) Seal(_ model.TenantID, _ string, plain, ad []byte) ([]byte, error) {
	return []byte(hex.EncodeToString(ad) + "." + hex.EncodeToString(plain)), nil
}

func (seal) Open(_ model.TenantID, _ string, sealed, ad []byte) ([]byte, error) {
	place, body, _ := bytes.Cut(sealed, []byte("."))
	if string(place) != hex.EncodeToString(ad) {
		return nil, fault.New(fault.Denied, "seal", "sealed elsewhere")
	}
	return hex.DecodeString(string(body))
}

var dora = Owner{"contoso", "entra", "dora"}

func keeper() (*Keeper, *memory, *time.Time) {
	m, now, n := &memory{}, time.Unix(1_800_000_000, 0), 0
	return NewKeeper(m, seal{}, func() time.Time { return now }, func() string { n++; return "f" + string(rune('0'+n)) }), m, &now
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	k, _, now := keeper()
	ctx, secret := t.Context(), NewSecret()
	if _, err := k.EnrolTOTP(ctx, dora, "dora@contoso", secret, "000000"); !fault.Is(err, fault.Denied) {
		t.Fatalf("enrolled with a wrong code: %v", err)
	}
	if _, err := k.EnrolTOTP(ctx, dora, "dora@contoso", secret, Code(secret, *now)); err != nil {
		t.Fatal(err)
	}
	refused := func(what, given string, kind fault.Kind) {
		t.Helper()
		if _, err := k.VerifyCode(ctx, dora, given); !fault.Is(err, kind) {
			t.Fatalf("%s: %v", what, err)
		}
	}
	refused("the code of the enrolment", Code(secret, *now), fault.Denied)
	*now = now.Add(time.Minute)
	good := Code(secret, *now)
	if f, err := k.VerifyCode(ctx, dora, good[:3]+" "+good[3:]); err != nil || f.Kind != TOTP {
		t.Fatal(err)
	}
	refused("the same code again", good, fault.Denied)
	refused("the code before it", Code(secret, now.Add(-30*time.Second)), fault.Denied)
	refused("another person's", "123456", fault.Denied)
	for _, bad := range []string{"", "12345", "1234567", "abcdef", "１２３４５６", strings.Repeat("1", 1<<16)} {
		refused(bad[:min(len(bad), 20)], bad, fault.Denied)
	}
	*now = now.Add(time.Minute)
	if _, err := k.VerifyCode(ctx, dora, Code(secret, now.Add(30*time.Second))); err != nil {
		t.Fatalf("a telephone that is half a minute ahead: %v", err)
	}
	*now = now.Add(2 * time.Minute)
	refused("a code of two minutes ago", Code(secret, now.Add(-time.Minute)), fault.Denied)
	if _, err := k.VerifyCode(ctx, Owner{"fabrikam", "entra", "dora"}, Code(secret, *now)); !fault.Is(err, fault.Denied) {
		t.Errorf("another tenant: %v", err)
	}
}

// TestThrottle: five guesses, then a wait that doubles and that the right code doesn't get round.
func TestThrottle(t *testing.T) {
	t.Parallel()
	k, m, now := keeper()
	ctx, secret := t.Context(), NewSecret()
	if _, err := k.EnrolTOTP(ctx, dora, "", secret, Code(secret, *now)); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(time.Hour)
	// wrong is a code that no moment near now has.
	wrong := func() string {
		live := []string{Code(secret, now.Add(-30*time.Second)), Code(secret, *now), Code(secret, now.Add(30*time.Second))}
		for n := 0; ; n++ {
			if guess := fmt.Sprintf("%06d", n); !slices.Contains(live, guess) {
				return guess
			}
		}
	}
	guesses := 0
	for end := now.Add(24 * time.Hour); now.Before(end); *now = now.Add(time.Second) {
		if m.list[0].Locked.After(*now) {
			if _, err := k.VerifyCode(ctx, dora, Code(secret, *now)); !fault.Is(err, fault.Limited) {
				t.Fatalf("the right code while locked: %v", err)
			}
			*now = m.list[0].Locked
		}
		if _, err := k.VerifyCode(ctx, dora, wrong()); !fault.Is(err, fault.Denied) {
			t.Fatalf("a wrong code: %v", err)
		}
		guesses++
	}
	if guesses > 40 {
		t.Errorf("%d guesses in a day", guesses)
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	k, m, _ := keeper()
	ctx := t.Context()
	shown, _, err := k.NewRecovery(ctx, dora, "")
	if err != nil || len(shown) != 10 {
		t.Fatal(shown, err)
	}
	for _, c := range shown {
		if strings.Contains(string(m.list[0].Sealed), hex.EncodeToString([]byte(letters(c)))) {
			t.Fatal("a code is kept as it is")
		}
	}
	f, err := k.VerifyCode(ctx, dora, strings.ToLower(shown[3]))
	if err != nil || f.Kind != Recovery || f.Left != 9 {
		t.Fatal(f, err)
	}
	if _, err := k.VerifyCode(ctx, dora, shown[3]); !fault.Is(err, fault.Denied) {
		t.Errorf("used twice: %v", err)
	}
	again, _, err := k.NewRecovery(ctx, dora, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.VerifyCode(ctx, dora, shown[4]); !fault.Is(err, fault.Denied) {
		t.Errorf("a code of the old set: %v", err)
	}
	if _, err := k.VerifyCode(ctx, dora, again[0]); err != nil {
		t.Error(err)
	}
	// Of two requests with one code, one gets through.
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wg.Go(func() {
			if _, err := k.VerifyCode(ctx, dora, again[1]); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d requests used one code", won)
	}
	m.list[0].Owner.User = "eve" // rows copied to another person
	if _, err := k.VerifyCode(ctx, Owner{"contoso", "entra", "eve"}, again[2]); err == nil {
		t.Error("a factor copied to another person opens")
	}
}

// FuzzVerify: what a browser sends as a code or as a passkey's answer never verifies, and never panics.
func FuzzVerify(f *testing.F) {
	k, _, now := keeper()
	secret := NewSecret()
	if _, err := k.EnrolTOTP(f.Context(), dora, "", secret, Code(secret, *now)); err != nil {
		f.Fatal(err)
	}
	p, err := NewPasskeys(k, "https://signin.referee.example:8443", "Referee")
	if err != nil {
		f.Fatal(err)
	}
	c, err := p.BeginEnrol(f.Context(), dora, "dora")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("287 082", []byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`))
	f.Fuzz(func(t *testing.T, code string, answer []byte) {
		if _, err := k.VerifyCode(t.Context(), Owner{"contoso", "entra", "nobody"}, code); err == nil {
			t.Fatal("verified")
		}
		if _, err := p.FinishEnrol(t.Context(), dora, "dora", "key", c.State, answer); err == nil {
			t.Fatal("enrolled")
		}
		if _, err := p.FinishVerify(t.Context(), dora, c.State, answer); err == nil {
			t.Fatal("verified")
		}
	})
}
