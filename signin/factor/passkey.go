package factor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/referee-casb/referee/fault"
)

// Passkeys registers and verifies passkeys for one origin. Its relying party is the origin's host, so a passkey made
// here answers to no other site, and none made elsewhere to this one. The user is always verified by the device.
type Passkeys struct {
	keeper *Keeper
	web    *webauthn.WebAuthn
}

// NewPasskeys returns passkeys for an origin, "https://signin.example.com[:port]".
func NewPasskeys(k *Keeper, origin, name string) (*Passkeys, error) {
	host := strings.TrimPrefix(origin, "https://")
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: []string{origin}, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{UserVerification: protocol.VerificationRequired, ResidentKey: protocol.ResidentKeyRequirementPreferred},
	})
	if err != nil {
		return nil, fault.As(err, fault.Invalid, "factor.NewPasskeys", origin)
	}
	return &Passkeys{keeper: k, web: w}, nil
}

// Ceremony is a question put to a browser: what its script hands to navigator.credentials, and what is kept, sealed by
// the caller, until the answer comes.
type Ceremony struct {
	Options json.RawMessage
	State   json.RawMessage
}

// person is an owner as the library sees one.
type person struct {
	of    Owner
	name  string
	creds []webauthn.Credential
}

// WebAuthnID is an opaque handle: authenticators show it to whoever holds them, so it names nobody.
func (p person) WebAuthnID() []byte {
	sum := sha256.Sum256([]byte("referee passkey\x00" + string(p.of.Tenant) + "\x00" + string(p.of.Provider) + "\x00" + string(p.of.User)))
	return sum[:]
}
func (p person) WebAuthnName() string                       { return p.name }
func (p person) WebAuthnDisplayName() string                { return p.name }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.creds }

// person reads an owner's passkeys, with the factor of each.
func (p *Passkeys) person(ctx context.Context, of Owner, name string) (person, []Factor, error) {
	list, err := p.keeper.store.Factors(ctx, of)
	if err != nil {
		return person{}, nil, err
	}
	who := person{of: of, name: name}
	var keys []Factor
	for _, f := range list {
		if f.Kind != Passkey {
			continue
		}
		plain, err := p.keeper.open(f)
		if err != nil {
			return who, nil, err
		}
		var c webauthn.Credential
		if err := json.Unmarshal(plain, &c); err != nil {
			return who, nil, err
		}
		who.creds, keys = append(who.creds, c), append(keys, f)
	}
	return who, keys, nil
}

func ceremony(options any, state *webauthn.SessionData) (Ceremony, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	s, err := json.Marshal(state)
	return Ceremony{Options: o, State: s}, err
}

// BeginEnrol asks for a new passkey.
func (p *Passkeys) BeginEnrol(ctx context.Context, of Owner, name string) (Ceremony, error) {
	const op = "factor.BeginEnrol"
	who, keys, err := p.person(ctx, of, name)
	if err != nil {
		return Ceremony{}, fault.Wrap(err, op, string(of.User))
	}
	if len(keys) >= mostPasskeys {
		return Ceremony{}, fault.New(fault.Conflict, op, "there are %d passkeys already", len(keys))
	}
	var exclude []protocol.CredentialDescriptor
	for i := range who.creds {
		exclude = append(exclude, who.creds[i].Descriptor())
	}
	options, state, err := p.web.BeginRegistration(who, webauthn.WithExclusions(exclude))
	if err != nil {
		return Ceremony{}, fault.As(err, fault.Internal, op, string(of.User))
	}
	c, err := ceremony(options, state)
	return c, fault.Wrap(err, op, string(of.User))
}

// FinishEnrol verifies the answer and stores the passkey under the person's word for it.
func (p *Passkeys) FinishEnrol(ctx context.Context, of Owner, name, label string, state, answer []byte) (Factor, error) {
	const op = "factor.FinishEnrol"
	who, _, err := p.person(ctx, of, name)
	if err != nil {
		return Factor{}, fault.Wrap(err, op, string(of.User))
	}
	var s webauthn.SessionData
	if err := json.Unmarshal(state, &s); err != nil {
		return Factor{}, fault.Wrap(err, op, string(of.User))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Factor{}, fault.As(detailed(err), fault.Denied, op, "")
	}
	c, err := p.web.CreateCredential(who, s, parsed)
	if err != nil {
		return Factor{}, fault.As(detailed(err), fault.Denied, op, "")
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return Factor{}, fault.Wrap(err, op, string(of.User))
	}
	f := Factor{ID: p.keeper.newID(), Owner: of, Username: name, Kind: Passkey, Name: strings.TrimSpace(label), Created: p.keeper.now(), Revision: 1}
	return f, p.keeper.put(ctx, op, f, plain)
}

// BeginVerify asks for one of a person's passkeys.
func (p *Passkeys) BeginVerify(ctx context.Context, of Owner) (Ceremony, error) {
	const op = "factor.BeginVerify"
	who, keys, err := p.person(ctx, of, "")
	if err != nil {
		return Ceremony{}, fault.Wrap(err, op, string(of.User))
	}
	if len(keys) == 0 {
		return Ceremony{}, fault.New(fault.Denied, op, "no passkey is registered")
	}
	options, state, err := p.web.BeginLogin(who, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fault.As(err, fault.Internal, op, string(of.User))
	}
	c, err := ceremony(options, state)
	return c, fault.Wrap(err, op, string(of.User))
}

// FinishVerify verifies the answer. A signature counter that did not grow means that a copy of the passkey may exist
// (WebAuthn level 2 section 6.1.1): it is marked and refused from then on, until an administrator removes it.
func (p *Passkeys) FinishVerify(ctx context.Context, of Owner, state, answer []byte) (Factor, error) {
	const op = "factor.FinishVerify"
	who, keys, err := p.person(ctx, of, "")
	if err != nil {
		return Factor{}, fault.Wrap(err, op, string(of.User))
	}
	var s webauthn.SessionData
	if err := json.Unmarshal(state, &s); err != nil {
		return Factor{}, fault.Wrap(err, op, string(of.User))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Factor{}, fault.As(detailed(err), fault.Denied, op, "")
	}
	c, err := p.web.ValidateLogin(who, s, parsed)
	if err != nil {
		return Factor{}, fault.As(detailed(err), fault.Denied, op, "")
	}
	i := slices.IndexFunc(who.creds, func(have webauthn.Credential) bool { return bytes.Equal(have.ID, c.ID) })
	if i < 0 {
		return Factor{}, fault.New(fault.Denied, op, "the passkey is not one of this person's")
	}
	f := keys[i]
	if f.Cloned {
		return f, fault.New(fault.Denied, op, "the passkey may have been copied and is not accepted any more")
	}
	f.Cloned, f.Used = c.Authenticator.CloneWarning, p.keeper.now()
	plain, err := json.Marshal(c)
	if err == nil {
		f.Sealed, err = p.keeper.sealer.Seal(of.Tenant, purpose, plain, place(&f))
	}
	if err == nil {
		err = p.keeper.store.UpdateFactor(ctx, f)
	}
	switch {
	case fault.Is(err, fault.Conflict):
		return f, fault.New(fault.Denied, op, "the passkey was used at this very moment by another request")
	case err != nil:
		return f, fault.Wrap(err, op, f.ID)
	case f.Cloned:
		return f, fault.New(fault.Denied, op, "the passkey's counter went back: a copy of it may exist")
	}
	return f, nil
}

// detailed adds the library's own detail, which its Error leaves out.
func detailed(err error) error {
	if e, ok := err.(*protocol.Error); ok && e.DevInfo != "" {
		return fault.New(fault.Denied, "factor.webauthn", "%s: %s", e.Details, e.DevInfo)
	}
	return err
}
