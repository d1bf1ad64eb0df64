package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/md5" //nolint:gosec // what old PDFs are encrypted with
	"crypto/rc4" //nolint:gosec // as above
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// pdfOf is a PDF of objects, numbered from 1; the first is the catalog. trailer is added to the trailer's dictionary.
func pdfOf(trailer string, objects ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, xref)
	return b.String()
}

// streamOf is a stream, packed when its dictionary says so.
func streamOf(t testing.TB, dict, content string) string {
	t.Helper()
	if strings.Contains(dict, "FlateDecode") {
		content = zlibOf(t, content)
	}
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(content), content)
}

func zlibOf(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const helvetica = `<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>`

// pageOf is a PDF of one page with this content, and more entries and objects, from 6 on.
func pageOf(t testing.TB, content, catalog, page string, more ...string) string {
	t.Helper()
	return pdfOf("", append([]string{
		`<</Type/Catalog/Pages 2 0 R` + catalog + `>>`,
		`<</Type/Pages/Kids[3 0 R]/Count 1>>`,
		`<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R/F2 6 0 R>>/XObject<</I 6 0 R>>>>` + page + `>>`,
		streamOf(t, "/Filter/FlateDecode", content), helvetica,
	}, more...)...)
}

// shown is content that shows a text, a line each.
func shown(lines ...string) string {
	return "BT /F1 12 Tf 72 720 Td 14 TL (" + strings.Join(lines, ") Tj T* (") + ") Tj ET"
}

var padding = []byte("\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a")

func padded(password string) []byte { return append([]byte(password), padding...)[:32] }

// lockedOf is a PDF of one page, encrypted with 40 bits (ISO 32000-1, 7.6: algorithms 1 to 4 of revision 2).
func lockedOf(t testing.TB, user, owner, text, title string) string {
	t.Helper()
	crypt := func(key []byte, s string) string {
		c, err := rc4.NewCipher(key) //nolint:gosec // as above
		if err != nil {
			t.Fatal(err)
		}
		out := make([]byte, len(s))
		c.XORKeyStream(out, []byte(s))
		return string(out)
	}
	ownerKey := md5.Sum(padded(owner)) //nolint:gosec // as above
	o := crypt(ownerKey[:5], string(padded(user)))
	const id = "0123456789abcdef"
	sum := md5.Sum([]byte(string(padded(user)) + o + "\xfc\xff\xff\xff" + id)) //nolint:gosec // as above
	key := sum[:5]
	u := crypt(key, string(padding))
	of := func(number uint32, s string) string {
		n := binary.LittleEndian.AppendUint32(nil, number)
		k := md5.Sum([]byte(string(key) + string(n[:3]) + "\x00\x00")) //nolint:gosec // as above
		return crypt(k[:10], s)
	}
	content := of(4, shown(text))
	return pdfOf(fmt.Sprintf("/Info 6 0 R/Encrypt 7 0 R/ID[<%x><%x>]", id, id),
		`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1>>`,
		`<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>`,
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content), helvetica,
		fmt.Sprintf("<</Title<%x>>>", of(6, title)),
		fmt.Sprintf("<</Filter/Standard/V 1/R 2/O<%x>/U<%x>/P -4>>", o, u))
}
