package sit

import (
	"bytes"
	"net/netip"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func phoneNumber() dlp.Type {
	return dlp.Type{
		ID: "phone-number", Name: "Phone Number",
		Group:  dlp.Contact,
		About:  "An international number with its plus sign, or a number in groups near a word for a telephone.",
		Source: "ITU-T E.164",
		Patterns: []dlp.Pattern{
			{Expr: `(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}(?: ?(?:x|ext\.?) ?\d{1,6})?`, Check: phoneNumberCheck, Alone: dlp.Medium, Near: dlp.High},
			{Expr: `(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4}(?: ?(?:x|ext\.?) ?\d{1,6})?`, Check: notSame, Alone: dlp.Low, Near: dlp.Medium},
			{Expr: `\(?\d{2,5}\)?[ ./-]{0,2}\d{2,4}(?:[ .-]?\d{2,4}){1,3}(?: ?(?:x|ext\.?) ?\d{1,6})?|\d{3} \d{4}|\d{2} \d{6,7}`, Check: phoneNumberCheck2, Near: dlp.Low},
		},
		Keywords: []string{
			"phone", "telephone", "tel", "mobile", "cell", "cell phone", "fax", "call me", "call us", "call him", "call her", "call them", "call back", "please call", "call on", "calling", "dial", "sms", "text me", "messages to", "whatsapp", "answering", "desk", "office", "direct line", "switchboard", "hotline", "voicemail", "contact number", "phone number", "telefon", "telefonnummer", "handy", "mobil",
			"téléphone", "portable", "teléfono", "móvil", "celular", "telefono", "cellulare", "telefone", "telefoon", "mobiel", "puhelin", "numer telefonu",
			"telefonszám", "телефон", "τηλέφωνο", "电话", "手机", "電話", "携帯", "전화", "휴대폰", "هاتف", "טלפון",
		},
		Proximity: 40,
		Positives: []string{
			`541-714-1388`,
			`Desk: 463-612-6138x036`,
			`fax 001-518-640-0854`,
			`call me on 450 0840`,
			"+45 33 12 34 56", "+1 (212) 555-0142", "Tel. 030 1234567",
		},
		Negatives: []string{
			`call 1978-04-13 12`,
			"12 34", "version 1.2.3", "+1 2",
		},
	}
}

// digitsBeforeExtension are those of the number itself.
func digitsBeforeExtension(dst, m []byte) []byte {
	if i := bytes.IndexAny(m, "xe"); i >= 0 {
		m = m[:i]
	}
	return checksum.Digits(dst, m)
}

func phoneNumberCheck(m []byte) bool {
	var b [48]byte
	d := digitsBeforeExtension(b[:0], m)
	if m[0] == '0' { // the international prefix is no part of it
		d = d[2:]
		if len(d) < 9 || !bytes.ContainsAny(m, " .-(") {
			return false
		}
	}
	return len(d) >= 8 && len(d) <= 15 && !checksum.Same(d[2:])
}

// phoneNumberCheck2 passes over days and times, which have the same shape.
func phoneNumberCheck2(m []byte) bool {
	var b [48]byte
	d := digitsBeforeExtension(b[:0], m)
	if len(m) >= 10 && (m[4] == '-' || m[4] == '.' || m[4] == '/') && m[7] == m[4] && year(d) &&
		checksum.Date(checksum.Number(d[:4]), checksum.Number(d[4:6]), checksum.Number(d[6:8])) {
		return false
	}
	if len(d) == 8 && len(m) == 9 && year(d[:4]) && year(d[4:]) { // from one year to another
		return false
	}
	switch bytes.Count(m, []byte(".")) {
	case 2: // the beginning of an address of the internet
		if bytes.LastIndexByte(m, '.') >= len(m)-4 {
			return false
		}
	case 1: // a decimal number
		if !bytes.ContainsAny(m, " /-(") {
			return false
		}
	case 3: // an address of the internet
		if _, err := netip.ParseAddr(string(m)); err == nil {
			return false
		}
	}
	return len(d) >= 7 && len(d) <= 13 && !checksum.Same(d)
}

func year(d []byte) bool { return d[0] == 1 && d[1] == 9 || d[0] == 2 && d[1] == 0 }
