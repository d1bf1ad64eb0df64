package msgraph

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"time"

	"github.com/referee-casb/referee/fault"
)

// assertionLife is how long an assertion may be used; Entra wants no more than ten minutes.
const assertionLife = 5 * time.Minute

// prove puts what shows that the client is the application into a token request: its secret, or a signed assertion
// (RFC 7523 section 2.2).
func (c *Client) prove(form url.Values) error {
	if c.config.Certificate == nil {
		secret, err := c.config.Secret()
		form.Set("client_secret", secret)
		return err
	}
	text, err := c.config.Certificate()
	if err != nil {
		return err
	}
	a, err := assertion(text, c.config.ClientID, c.token, c.config.Now())
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", a)
	return err
}

// assertion signs with an RSA key, which is the only kind that Entra takes, by PS256 and the certificate's SHA-256
// thumbprint (Microsoft Learn, "Microsoft identity platform application authentication certificate credentials").
func assertion(text []byte, client, audience string, now time.Time) (string, error) {
	const op = "msgraph.assertion"
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return "", &fault.Error{Kind: fault.Invalid, Op: op, Msg: "the file does not hold a certificate and its private key", Help: "give both as PEM in one file", Err: err}
	}
	key, ok := pair.PrivateKey.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() < 2048 {
		return "", &fault.Error{Kind: fault.Invalid, Op: op, Msg: "the key is not RSA of 2048 bits or more", Help: "Entra takes no other kind"}
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	print := sha256.Sum256(pair.Certificate[0])
	head, err := json.Marshal(map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(print[:])})
	if err != nil {
		return "", fault.As(err, fault.Internal, op, "")
	}
	body, err := json.Marshal(map[string]any{
		"aud": audience, "iss": client, "sub": client, "jti": hex.EncodeToString(id[:]), "nbf": now.Add(-time.Minute).Unix(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", fault.As(err, fault.Internal, op, "")
	}
	signed := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", fault.As(err, fault.Internal, op, "")
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}
