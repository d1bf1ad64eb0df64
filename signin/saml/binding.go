package saml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/url"
	"strings"

	"github.com/beevik/etree"

	"github.com/referee-casb/referee/fault"
)

// maxRelay bounds RelayState. The bindings say 80 bytes (3.4.3); real apps send deep links of several hundred.
const maxRelay = 2048

// Message is one on its way out.
type Message struct {
	ID      string // of the message; what an answer's InResponseTo will be
	Binding Binding
	// URL is where the browser goes: for Redirect the whole address, for Post the form's action. A broker may put a
	// mapped host's address there instead: Destination inside stays the registered one.
	URL   string
	Param string // "SAMLRequest" or "SAMLResponse"
	Value string // base64 of the document; a Post form's field
	Relay string // RelayState; "" none
}

// Incoming is a message as it came, not yet believed.
type Incoming struct {
	Binding  Binding
	Response bool   // it came as SAMLResponse, not as SAMLRequest
	Relay    string // RelayState
	document []byte
	signed   []byte // Redirect: the query's bytes that the signature is over; nil for an unsigned one
	method   SignatureAlgorithm
	value    []byte
}

// FromForm reads a message of the Post binding from a parsed form body (r.PostForm, never r.Form).
func FromForm(form url.Values) (Incoming, error) {
	const op = "saml.FromForm"
	in := Incoming{Binding: Post}
	request, response := form["SAMLRequest"], form["SAMLResponse"]
	if len(request)+len(response) != 1 || len(form["RelayState"]) > 1 {
		return in, refuse(op, ReasonMissing, "the form needs exactly one of SAMLRequest and SAMLResponse, and at most one RelayState")
	}
	in.Response, in.Relay = len(response) == 1, form.Get("RelayState")
	if len(in.Relay) > maxRelay {
		return in, refuse(op, ReasonRelayState, "RelayState has %d bytes, at most %d are taken", len(in.Relay), maxRelay)
	}
	text := append(request, response...)[0]
	if len(text) > maxMessage*3/2 {
		return in, refuse(op, ReasonTooLarge, "the message has %d bytes of base64", len(text))
	}
	var err error
	in.document, err = decode64(op, "the message", text)
	return in, err
}

// FromQuery reads a message of the Redirect binding from the raw query, as it stood in the request line: the
// signature is over those very bytes (SAML bindings 3.4.4.1), so a decoded and encoded copy will not do.
func FromQuery(rawQuery string) (Incoming, error) {
	const op = "saml.FromQuery"
	in := Incoming{Binding: Redirect}
	raw := map[string]string{}
	if len(rawQuery) > maxMessage*3/2 {
		return in, refuse(op, ReasonTooLarge, "the query has %d bytes", len(rawQuery))
	}
	for part := range strings.SplitSeq(rawQuery, "&") {
		key, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			return in, refuse(op, ReasonEncoding, "a name of the query is not encoded as it should be")
		}
		switch name {
		case "SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding":
			// A name that is spelled with escapes, or comes twice, is another one to other readers.
			if _, twice := raw[name]; twice || key != name {
				return in, refuse(op, ReasonMissing, "%s is given twice, or its name is encoded", name)
			}
			raw[name] = value
		}
	}
	_, request := raw["SAMLRequest"]
	_, response := raw["SAMLResponse"]
	if request == response {
		return in, refuse(op, ReasonMissing, "the query needs exactly one of SAMLRequest and SAMLResponse")
	}
	in.Response = response
	plain := map[string]string{}
	for name, value := range raw {
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			return in, refuse(op, ReasonEncoding, "%s is not encoded as it should be", name)
		}
		plain[name] = decoded
	}
	if e := plain["SAMLEncoding"]; e != "" && e != "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE" {
		return in, refuse(op, ReasonEncoding, "the encoding %q is not spoken", clip(e))
	}
	if in.Relay = plain["RelayState"]; len(in.Relay) > maxRelay {
		return in, refuse(op, ReasonRelayState, "RelayState has %d bytes, at most %d are taken", len(in.Relay), maxRelay)
	}
	name := "SAMLRequest"
	if response {
		name = "SAMLResponse"
	}
	var err error
	if in.document, err = inflate(op, name, plain[name]); err != nil {
		return in, err
	}
	return in, in.readSignature(op, name, raw, plain)
}

// readSignature keeps what is needed to check a detached signature later, when the sender is known.
func (in *Incoming) readSignature(op, name string, raw, plain map[string]string) error {
	_, hasValue := raw["Signature"]
	algorithm, hasMethod := raw["SigAlg"]
	if hasValue != hasMethod {
		return refuse(op, ReasonSignatureShape, "SigAlg and Signature come together or not at all")
	}
	if !hasValue {
		return nil
	}
	signed := name + "=" + raw[name]
	if relay, ok := raw["RelayState"]; ok {
		signed += "&RelayState=" + relay
	}
	in.signed = []byte(signed + "&SigAlg=" + algorithm)
	in.method = SignatureAlgorithm(plain["SigAlg"])
	var err error
	in.value, err = decode64(op, "Signature", plain["Signature"])
	return err
}

// inflate opens DEFLATE, to the message bound and not a byte further.
func inflate(op, name, text string) ([]byte, error) {
	packed, err := decode64(op, name, text)
	if err != nil {
		return nil, err
	}
	from := bytes.NewReader(packed)
	r := flate.NewReader(from)
	out, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	switch {
	case err != nil:
		return nil, refuse(op, ReasonEncoding, "%s is not DEFLATE", name)
	case len(out) > maxMessage:
		return nil, refuse(op, ReasonTooLarge, "%s holds more than %d bytes", name, maxMessage)
	case from.Len() > 0:
		return nil, refuse(op, ReasonEncoding, "%s has bytes after its end", name)
	}
	return out, nil
}

// tree reads the message, expecting it as a request or as a response.
func (in *Incoming) tree(op string, response bool, tag string) (*etree.Element, error) {
	if len(in.document) == 0 {
		return nil, refuse(op, ReasonMissing, "there is no message")
	}
	if in.Response != response {
		return nil, refuse(op, ReasonWrongMessage, "a request was sent as a response, or a response as a request")
	}
	root, err := parse(op, in.document, messageLimits, nil)
	if err != nil {
		return nil, err
	}
	if !is(root, nsSAMLP, tag) {
		return nil, refuse(op, ReasonWrongMessage, "the message is %q, expected was a SAML 2.0 %s", clip(root.FullTag()), tag)
	}
	return root, nil
}

// authentic returns the message that was signed. On Redirect that is the whole document, by the detached signature;
// a signature inside is refused there, as the binding wants it removed. A nil certificate says that it was unsigned,
// which required forbids.
func (in *Incoming) authentic(op string, root *etree.Element, pinned []*x509.Certificate, required bool) (*etree.Element, *x509.Certificate, error) {
	own, err := ownSignature(op, root)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case in.Binding == Redirect && own != nil:
		return nil, nil, refuse(op, ReasonSignaturePlace, "a redirect's document must not hold a signature of its own")
	case in.Binding == Redirect && in.signed != nil:
		if _, known := signatureHash[in.method]; !known {
			return nil, nil, refuse(op, ReasonAlgorithm, "the signature algorithm %q is not accepted", clip(string(in.method)))
		}
		by, err := verifyBytes(op, in.method, in.signed, in.value, pinned)
		return root, by, err
	case own != nil:
		return verifyEnveloped(op, root, pinned, messageLimits)
	case required:
		return nil, nil, refuse(op, ReasonUnsigned, "%s is not signed", root.Tag)
	}
	return root, nil, nil
}

// outgoing packs a document for its binding and signs it there if sign is set. A Post document gets its enveloped
// signature here, a redirect its detached one.
func outgoing(op string, root *etree.Element, keys Keys, hash crypto.Hash, sign bool, m Message) (*Message, error) {
	if len(m.Relay) > maxRelay {
		return nil, refuse(op, ReasonRelayState, "RelayState has %d bytes, at most %d are sent", len(m.Relay), maxRelay)
	}
	if m.Binding == Post && sign {
		if err := keys.sign(op, root, hash); err != nil {
			return nil, err
		}
	}
	document, err := serialize(root)
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	m.ID = attr(root, "ID")
	switch m.Binding {
	case Post:
		m.Value = base64.StdEncoding.EncodeToString(document)
		return &m, nil
	case Redirect:
	default:
		return nil, refuse(op, ReasonBinding, "the binding %q is not spoken", clip(string(m.Binding)))
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = w.Write(document)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	m.Value = base64.StdEncoding.EncodeToString(packed.Bytes())
	query := m.Param + "=" + url.QueryEscape(m.Value)
	if m.Relay != "" {
		query += "&RelayState=" + url.QueryEscape(m.Relay)
	}
	if sign {
		if query, err = detached(op, query, keys, hash); err != nil {
			return nil, err
		}
	}
	glue := "?"
	if strings.Contains(m.URL, "?") {
		glue = "&"
	}
	m.URL += glue + query
	return &m, nil
}

// detached appends SigAlg and Signature to a query.
func detached(op, query string, keys Keys, hash crypto.Hash) (string, error) {
	ctx, err := keys.context(op, hash)
	if err != nil {
		return "", err
	}
	query += "&SigAlg=" + url.QueryEscape(ctx.GetSignatureMethodIdentifier())
	value, err := keys.signString(op, query, hash)
	if err != nil {
		return "", err
	}
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(value)), nil
}

// serialize writes a tree as it stands, with line ends and quotes escaped so that reading it back gives the same.
func serialize(root *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.SetRoot(root.Copy())
	doc.WriteSettings = etree.WriteSettings{CanonicalAttrVal: true, CanonicalEndTags: true, CanonicalText: true}
	return doc.WriteToBytes()
}
