package encrypt

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/referee-casb/referee/dlp/internal/pdf"
	"github.com/referee-casb/referee/dlp/label"
)

// toPDF writes a PDF anew, every string and stream encrypted with one key (ISO 32000-2 7.6). Object streams are dissolved,
// and versions that later ones took the place of are left out.
func toPDF(w io.Writer, src *io.SectionReader, password string, rand io.Reader) error {
	f, err := pdf.Open(src, src.Size())
	if err != nil {
		return ours(err)
	}
	if f.Trailer.Get("Encrypt") != nil {
		return label.ErrHidden
	}
	if err := writable(f); err != nil {
		return ours(err)
	}
	p := &pdfWriter{w: w, f: f, rand: rand, at: map[int]int64{}}
	encrypt, err := p.keys(password)
	if err != nil {
		return err
	}
	return ours(p.write(encrypt))
}

func ours(err error) error {
	if errors.Is(err, pdf.ErrDamaged) {
		return label.ErrDamaged
	}
	return err
}

// writable reads every object once, and refuses what can't be written anew.
func writable(f *pdf.File) error {
	catalog, err := f.Dict(f.Trailer.Get("Root"))
	if err != nil || catalog == nil {
		return errors.Join(err, pdf.ErrDamaged)
	}
	form, err := f.Dict(catalog.Get("AcroForm"))
	if err != nil {
		return err
	}
	if form != nil {
		v, err := f.Lookup(form.Get("SigFlags"))
		if err != nil {
			return err
		}
		if n, _ := pdf.AsInt(v); n&1 != 0 {
			return label.ErrSigned
		}
	}
	if catalog.Get("Perms") != nil {
		return label.ErrSigned
	}
	for _, num := range f.Numbers() {
		v, s, err := f.Object(num)
		if err != nil {
			return err
		}
		if d, ok := v.(*pdf.Dict); ok && s != nil && ownCrypt(d) {
			return label.ErrUnsupported
		}
	}
	return nil
}

// ownCrypt tells a stream that says itself how it is encrypted.
func ownCrypt(d *pdf.Dict) bool {
	list, ok := d.Get("Filter").(pdf.Array)
	if !ok {
		list = pdf.Array{d.Get("Filter")}
	}
	for _, v := range list {
		if name, _ := pdf.AsName(v); name == "Crypt" {
			return true
		}
	}
	return false
}

type pdfWriter struct {
	w    io.Writer
	f    *pdf.File
	rand io.Reader
	key  []byte
	n    int64
	at   map[int]int64
}

// Write counts.
func (p *pdfWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	return n, err
}

// keys makes the file's key and the dictionary that gives it to who knows the password (7.6.4.4.6 to 7.6.4.4.9). Nobody
// knows the owner's: it is random.
func (p *pdfWriter) keys(password string) (*pdf.Dict, error) {
	r, err := random(p.rand, 32+16+16+32+4)
	if err != nil {
		return nil, err
	}
	p.key = r[:32]
	zero := make([]byte, 16)
	user := append(hash2B([]byte(password), r[32:40], nil), r[32:48]...)
	userKey := cbc(hash2B([]byte(password), r[40:48], nil), zero, bytes.Clone(p.key))
	owner := append(hash2B(r[64:96], r[48:56], user), r[48:64]...)
	ownerKey := cbc(hash2B(r[64:96], r[56:64], user), zero, bytes.Clone(p.key))
	const allowed = -4 // everything (table 22): the password is what protects
	perms := binary.LittleEndian.AppendUint32(nil, 0xfffffffc)
	perms = append(append(perms, 0xff, 0xff, 0xff, 0xff, 'T', 'a', 'd', 'b'), r[96:100]...)
	block, err := aes.NewCipher(p.key)
	if err != nil {
		return nil, err
	}
	block.Encrypt(perms, perms)
	return pdf.NewDict(
		"Filter", pdf.Name("Standard"), "V", pdf.Int(5), "R", pdf.Int(6), "Length", pdf.Int(256), "P", pdf.Int(allowed),
		"U", hexadecimal(user), "UE", hexadecimal(userKey), "O", hexadecimal(owner), "OE", hexadecimal(ownerKey), "Perms", hexadecimal(perms),
		"CF", pdf.NewDict("StdCF", pdf.NewDict("CFM", pdf.Name("AESV3"), "AuthEvent", pdf.Name("DocOpen"), "Length", pdf.Int(32))),
		"StmF", pdf.Name("StdCF"), "StrF", pdf.Name("StdCF"),
	), nil
}

// hash2B is algorithm 2.B.
func hash2B(password, salt, user []byte) []byte {
	first := sha256.New()
	for _, b := range [][]byte{password, salt, user} {
		first.Write(b)
	}
	k := first.Sum(nil)
	for i := 0; ; i++ {
		one := append(append(bytes.Clone(password), k...), user...)
		e := cbc(k[:16], k[16:32], bytes.Repeat(one, 64))
		sum := 0
		for _, c := range e[:16] {
			sum += int(c)
		}
		switch sum % 3 {
		case 0:
			h := sha256.Sum256(e)
			k = h[:]
		case 1:
			h := sha512.Sum384(e)
			k = h[:]
		default:
			h := sha512.Sum512(e)
			k = h[:]
		}
		if i >= 63 && int(e[len(e)-1]) <= i-32 {
			return k[:32]
		}
	}
}

func hexadecimal(b []byte) pdf.Atom {
	return pdf.Atom("<" + strings.ToUpper(hex.EncodeToString(b)) + ">")
}

// write writes all objects, and cross references to them.
func (p *pdfWriter) write(encrypt *pdf.Dict) error {
	if _, err := io.WriteString(p, "%PDF-2.0\n%\xe2\xe3\xcf\xd3\n"); err != nil {
		return err
	}
	last := 0
	for _, num := range p.f.Numbers() {
		if err := p.object(num); err != nil {
			return err
		}
		last = max(last, num)
	}
	at := last + 1
	p.at[at] = p.n
	if err := p.plain(at, 0, encrypt); err != nil {
		return err
	}
	trailer := pdf.NewDict("Size", pdf.Int(int64(at)+1), "Encrypt", pdf.Ref{Num: at})
	for _, key := range []string{"Root", "Info", "ID"} {
		if v := p.f.Trailer.Get(key); v != nil {
			trailer.Set(key, v)
		}
	}
	if id, ok := trailer.Get("ID").(pdf.Array); !ok || len(id) != 2 {
		r, err := random(p.rand, 16)
		if err != nil {
			return err
		}
		trailer.Set("ID", pdf.Array{hexadecimal(r), hexadecimal(r)})
	}
	return p.end(trailer, at+1)
}

func (p *pdfWriter) plain(num, gen int, v pdf.Value) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %d obj\n", num, gen)
	pdf.Write(&b, v)
	b.WriteString("\nendobj\n")
	_, err := p.Write(b.Bytes())
	return err
}

func (p *pdfWriter) object(num int) error {
	v, s, err := p.f.Object(num)
	if err != nil || v == nil {
		return err
	}
	d, isDict := v.(*pdf.Dict)
	if isDict {
		kind, _ := pdf.AsName(d.Get("Type"))
		if s != nil && (kind == "XRef" || kind == "ObjStm") || d.Get("Linearized") != nil {
			return nil // of the file as it was
		}
	}
	p.at[num] = p.n
	gen := p.f.Generation(num)
	if v, err = p.strings(v); err != nil {
		return err
	}
	if s == nil {
		return p.plain(num, gen, v)
	}
	d = v.(*pdf.Dict)
	d.Set("Length", pdf.Int(16+(s.Size()/16+1)*16))
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %d obj\n", num, gen)
	pdf.Write(&b, d)
	b.WriteString("\nstream\n")
	if _, err := p.Write(b.Bytes()); err != nil {
		return err
	}
	if err := p.stream(s); err != nil {
		return err
	}
	_, err = io.WriteString(p, "\nendstream\nendobj\n")
	return err
}

// strings encrypts the strings in a value, in a copy of it.
func (p *pdfWriter) strings(v pdf.Value) (pdf.Value, error) {
	switch v := v.(type) {
	case pdf.Array:
		out := make(pdf.Array, len(v))
		for i := range v {
			var err error
			if out[i], err = p.strings(v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *pdf.Dict:
		out := pdf.NewDict()
		for _, k := range v.Keys() {
			one, err := p.strings(v.Get(k))
			if err != nil {
				return nil, err
			}
			out.Set(k, one)
		}
		return out, nil
	case pdf.Atom:
		text, ok := pdf.AsBytes(v)
		if !ok {
			if strings.HasPrefix(string(v), "<") {
				return nil, pdf.ErrDamaged
			}
			return v, nil
		}
		var b bytes.Buffer
		if err := p.aes(&b, bytes.NewReader(text)); err != nil {
			return nil, err
		}
		return hexadecimal(b.Bytes()), nil
	}
	return v, nil
}

func (p *pdfWriter) stream(s *io.SectionReader) error { return p.aes(p, s) }

// aes encrypts what r has, with an initialization vector before it and padding behind (7.6.3.1, algorithm 1.A).
func (p *pdfWriter) aes(w io.Writer, r io.Reader) error {
	iv, err := random(p.rand, aes.BlockSize)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(p.key)
	if err != nil {
		return err
	}
	if _, err := w.Write(iv); err != nil {
		return err
	}
	mode := cipher.NewCBCEncrypter(block, iv)
	buf := make([]byte, 64<<10+aes.BlockSize)
	for {
		n, err := io.ReadFull(r, buf[:64<<10])
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return err
		}
		if end {
			pad := aes.BlockSize - n%aes.BlockSize
			for range pad {
				buf[n] = byte(pad)
				n++
			}
		}
		mode.CryptBlocks(buf[:n], buf[:n])
		if _, err := w.Write(buf[:n]); err != nil || end {
			return err
		}
	}
}

// end writes the cross references: a table of all numbers below size.
func (p *pdfWriter) end(trailer *pdf.Dict, size int) error {
	var b bytes.Buffer
	start := p.n
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", size)
	for num := 1; num < size; num++ {
		if at, ok := p.at[num]; ok {
			fmt.Fprintf(&b, "%010d %05d n \n", at, p.f.Generation(num))
		} else {
			b.WriteString("0000000000 65535 f \n")
		}
	}
	b.WriteString("trailer\n")
	pdf.Write(&b, trailer)
	fmt.Fprintf(&b, "\nstartxref\n%d\n%%%%EOF\n", start)
	_, err := p.Write(b.Bytes())
	return err
}
