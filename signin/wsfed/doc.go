// Package wsfed speaks the passive requestor profile of WS-Federation 1.2 (section 13) as Entra does with the identity
// provider that a domain is federated to: it reads the request out of an address, and writes the answer that a browser
// posts, which holds a SAML 1.1 assertion in a WS-Trust response.
//
// It owns the two forms of message and what Entra wants in a token: the UPN, the ImmutableID, the issuer of the domain,
// and which methods the person used. It does not own who the person is, which app may have a token and where it is posted
// (signin), nor keys (signin/saml). It reads no XML. Layer L3. Begin with [ReadRequest] and [Provider.Respond].
package wsfed
