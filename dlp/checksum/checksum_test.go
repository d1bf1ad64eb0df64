package checksum

import "testing"

func digits(s string) []byte { return Digits(nil, []byte(s)) }
func alnum(s string) []byte  { return Alnum(nil, []byte(s)) }

// TestPublished has numbers that publications give as examples of their system, and each of them with one digit changed
// and with two neighbours swapped where the system promises to notice.
func TestPublished(t *testing.T) {
	t.Parallel()
	iban := func(v []byte) bool { return Mod97(append(append([]byte{}, v[4:]...), v[:4]...)) == 1 }
	for _, c := range []struct {
		name, number string
		check        func([]byte) bool
		values       func(string) []byte
		swaps        bool
	}{
		{"Luhn, Wikipedia", "17893729974", Luhn, digits, false},
		{"Luhn, test card of Visa", "4111 1111 1111 1111", Luhn, digits, false},
		{"Luhn with letters, ISIN of Apple", "US0378331005", LuhnLetters, alnum, false},
		{"Luhn in base 36, GSTIN", "27AAPFU0939F1ZV", func(v []byte) bool { return LuhnN(v, 36) }, alnum, false},
		{"MOD 97-10, IBAN registry", "GB29 NWBK 6016 1331 9268 19", iban, alnum, true},
		{"MOD 97-10, IBAN registry", "DE89370400440532013000", iban, alnum, true},
		{"MOD 97-10, LEI of ISO 17442", "5493001KJTIIGC8Y1R12", func(v []byte) bool { return Mod97(v) == 1 }, alnum, true},
		{"MOD 11,10, German tax number of the Federal Central Tax Office", "36 574 261 809", Mod11x10, digits, false},
		{"MOD 11-2, ISNI", "0000 0001 2103 2683", Mod11x2, alnum, true},
		{"Verhoeff, Wikipedia", "2363", Verhoeff, digits, true},
		{"Verhoeff, UIDAI test number", "2341 2341 2346", Verhoeff, digits, true},
	} {
		v := c.values(c.number)
		if !c.check(v) {
			t.Errorf("%s: %s is refused", c.name, c.number)
		}
		for i := range v {
			w := append([]byte{}, v...)
			if w[i] = (v[i] + 1) % 10; v[i] < 10 && c.check(w) {
				t.Errorf("%s: %s passes with place %d changed", c.name, c.number, i)
			}
			if i > 0 && c.swaps && v[i] != v[i-1] && v[i] < 10 && v[i-1] < 10 {
				w = append([]byte{}, v...)
				w[i], w[i-1] = v[i-1], v[i]
				if c.check(w) {
					t.Errorf("%s: %s passes with places %d and %d swapped", c.name, c.number, i-1, i)
				}
			}
		}
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func([]byte) bool{"Luhn": Luhn, "LuhnLetters": LuhnLetters, "Mod11x10": Mod11x10, "Mod11x2": Mod11x2, "Verhoeff": Verhoeff} {
		for _, d := range [][]byte{nil, {0}, {1}} {
			if f(d) && !(name == "Mod11x10" && len(d) > 0) {
				t.Errorf("%s passes %v", name, d)
			}
		}
	}
	if LuhnLetters(make([]byte, 25)) {
		t.Error("25 letters pass")
	}
	for _, c := range []struct {
		y, m, d int
		ok      bool
	}{{2024, 2, 29, true}, {2023, 2, 29, false}, {1900, 2, 29, false}, {2000, 2, 29, true}, {2000, 4, 31, false}, {2000, 0, 1, false}, {2000, 13, 1, false}, {2000, 1, 0, false}, {2000, 12, 31, true}} {
		if Date(c.y, c.m, c.d) != c.ok {
			t.Errorf("%v", c)
		}
	}
	if Sum([]byte{1, 2, 3}, 10, 1) != 12 || Number([]byte{1, 0, 2}) != 102 || !Same(nil) || Same([]byte{1, 2}) {
		t.Error("sums")
	}
}
