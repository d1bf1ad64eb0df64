package signin

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// soon is how long before its date a provider's certificate is warned of.
const soon = 60 * 24 * time.Hour

// probeSAML checks a SAML provider's settings, and compares them with metadata where some are given. Nothing is
// fetched: sign-in needs no way from Referee to a SAML provider either.
func (b *Broker) probeSAML(ctx context.Context, id model.TenantID, s tenant.Provider, metadata []byte, p *probe) error {
	sp, err := b.serviceProvider(ctx, tenant.Tenant{ID: id}, s)
	if fault.Is(err, fault.Internal) || fault.Is(err, fault.Unavailable) {
		return err // our own keys, which say nothing about the provider
	}
	if err == nil {
		err = sp.Validate()
	}
	if err != nil {
		p.wrong("settings", "take them from the provider's metadata anew", "sign-in can't work: %s", reasonOf(err))
		return nil //nolint:nilerr // told as a check
	}
	p.good("settings", "a sign-in request can be made for %s", s.SAML.SSO)
	now, usable := b.parts.Now(), 0
	for _, c := range sp.Provider.Provider.Signing {
		switch name := c.Subject.String(); {
		case now.After(c.NotAfter):
			p.warn("certificate", "compare with the provider's metadata", "%s: its date passed on %s. Referee does not go by it, but the provider may have changed its key", clip(name, 200), c.NotAfter.UTC().Format(time.DateOnly))
		case now.Add(soon).After(c.NotAfter):
			p.warn("certificate", "take the next one from the provider's metadata in time", "%s ends on %s", clip(name, 200), c.NotAfter.UTC().Format(time.DateOnly))
		default:
			usable++
		}
	}
	if usable > 0 {
		p.good("certificate", "%d certificates that signatures verify with", usable)
	}
	if len(metadata) > 0 {
		p.compare(s.SAML, metadata, now)
	}
	return nil
}

// compare says where the settings differ from the provider's metadata.
func (p *probe) compare(have *tenant.SAMLProvider, metadata []byte, now time.Time) {
	const name = "metadata"
	said, err := SettingsFromMetadata(metadata, have.EntityID, now)
	if err != nil {
		p.wrong(name, "see that they are the metadata of entity id "+have.EntityID, "%s", reasonOf(err))
		return
	}
	again := "add the provider again with --update and these metadata"
	before := len(p.checks)
	if said.SSO != have.SSO && said.PostRequests == have.PostRequests {
		p.warn(name, again, "they name the sign-on address %s, the settings %s", said.SSO, have.SSO)
	}
	if said.SignRequests && !have.SignRequests {
		p.wrong(name, "set signRequests, or "+again, "the provider wants signed requests, and they are not signed")
	}
	pins, err := have.Keys()
	theirs, err2 := said.Keys()
	if err != nil || err2 != nil {
		p.wrong(name, again, "the certificates can't be read")
		return
	}
	known, fresh := 0, 0
	for _, c := range theirs {
		if slices.ContainsFunc(pins, func(h *x509.Certificate) bool { return bytes.Equal(h.Raw, c.Raw) }) {
			known++
		} else {
			fresh++
		}
	}
	switch {
	case known == 0:
		p.wrong(name, again, "none of the provider's certificates is in the settings: its signatures can't be verified")
	case fresh > 0:
		p.warn(name, again, "the provider has %d certificates that the settings don't have: sign-in ends when it changes to one of them", fresh)
	}
	if len(p.checks) == before {
		p.good(name, "the settings say what the metadata say")
	}
}
