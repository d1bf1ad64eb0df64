// Package checksum has the check digit systems that national and financial numbers share: Luhn, ISO 7064, Verhoeff,
// weighted sums. It owns arithmetic only; which number uses which system is said where the number's type is (dlp/sit).
//
// All functions take the number as it is written: spaces, hyphens, dots and slashes in it are skipped. They allocate
// nothing and may be called from many goroutines. L1, pure. Begin with [Digits] and [Sum].
package checksum

// Digits appends the values (0 to 9) of the ASCII digits of text to dst and skips everything else.
func Digits(dst, text []byte) []byte {
	for _, c := range text {
		if c >= '0' && c <= '9' {
			dst = append(dst, c-'0')
		}
	}
	return dst
}

// Alnum appends the values of the digits and letters of text, of either case, to dst (A is 10, Z is 35), and skips
// everything else.
func Alnum(dst, text []byte) []byte {
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			dst = append(dst, c-'0')
		case c >= 'A' && c <= 'Z':
			dst = append(dst, c-'A'+10)
		case c >= 'a' && c <= 'z':
			dst = append(dst, c-'a'+10)
		}
	}
	return dst
}

// Sum is the sum of the products of values and weights, as far as there are weights and values.
func Sum(d []byte, weights ...int) int {
	n := 0
	for i := range min(len(d), len(weights)) {
		n += int(d[i]) * weights[i]
	}
	return n
}

// Number is the value of digits read as one number, of at most 18 digits.
func Number(d []byte) int {
	n := 0
	for _, v := range d {
		n = n*10 + int(v)
	}
	return n
}

// Same says whether all values are the same, as in the placeholders 000000000 and 111111111.
func Same(d []byte) bool {
	for _, v := range d {
		if v != d[0] {
			return false
		}
	}
	return true
}

// Luhn checks a number of digits whose last one is its check digit (ISO/IEC 7812-1, annex B).
func Luhn(d []byte) bool {
	n := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		n += v
	}
	return len(d) > 1 && n%10 == 0
}

// LuhnLetters checks a code of digits and letters in which a letter stands for the two digits of its value (ISO 6166).
// Values are those of [Alnum], at most 24 of them.
func LuhnLetters(values []byte) bool {
	var b [48]byte
	d := b[:0]
	if len(values) > len(b)/2 {
		return false
	}
	for _, v := range values {
		if v > 9 {
			d = append(d, v/10)
		}
		d = append(d, v%10)
	}
	return Luhn(d)
}

// LuhnN checks values in base n: every second one is doubled and the digits of its product in that base are added.
func LuhnN(values []byte, n int) bool {
	sum := 0
	for i := range values {
		v := int(values[len(values)-1-i])
		if i%2 == 1 {
			v *= 2
			v = v/n + v%n
		}
		sum += v
	}
	return len(values) > 1 && sum%n == 0
}

// Mod97 is the remainder by 97 of a code in which a letter stands for the two digits of its value (ISO 7064, MOD 97-10;
// a code with check digits leaves 1).
func Mod97(values []byte) int {
	n := 0
	for _, v := range values {
		if v > 9 {
			n = (n*100 + int(v)) % 97
		} else {
			n = (n*10 + int(v)) % 97
		}
	}
	return n
}

// Mod11x10 checks digits whose last one is the check digit (ISO 7064, MOD 11,10).
func Mod11x10(d []byte) bool {
	p := 10
	for i, v := range d {
		if i == len(d)-1 {
			return (p+int(v))%10 == 1
		}
		if p = (p + int(v)) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return false
}

// Mod11x2 checks a number whose last value may be 10, which is written X (ISO 7064, MOD 11-2).
func Mod11x2(values []byte) bool {
	n := 0
	for _, v := range values {
		n = (n*2 + int(v)) % 11
	}
	return len(values) > 1 && n == 1
}

// The tables of the dihedral group D5 and of the permutation, from J. Verhoeff, "Error Detecting Decimal Codes" (1969).
var (
	product = [10][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		{1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
		{2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
		{3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
		{4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
		{5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
		{6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
		{7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
		{8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
		{9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
	}
	permutation = [8][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		{1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
		{5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
		{8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
		{9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
		{4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
		{2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
		{7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
	}
)

// Verhoeff checks digits whose last one is the check digit.
func Verhoeff(d []byte) bool {
	var c byte
	for i := range d {
		c = product[c][permutation[i%8][d[len(d)-1-i]]]
	}
	return len(d) > 1 && c == 0
}

// Date says whether there is such a day; with a year of two digits pass one of four that it may stand for.
func Date(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}
