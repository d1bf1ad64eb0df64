package saml

import (
	"strings"
	"time"

	"github.com/beevik/etree"
)

// LogoutRequest is a peer's wish to end sessions (SAML core 3.7.1), always signed.
type LogoutRequest struct {
	ID             string
	Peer           *Entity
	NameID         NameID
	SessionIndexes []string // empty: all of the person's sessions with that peer
	Relay          string
	Binding        Binding
	Replay         ReplayKey
}

// LogoutResult is a peer's answer (SAML core 3.7.2), always signed. Partial: it could not sign out everywhere.
type LogoutResult struct {
	ID, Issuer, Relay string
	Partial           bool
}

// RequestLogout makes a LogoutRequest to a peer, always signed. The message's ID is kept for [Local.ParseLogoutResponse].
func (l *Local) RequestLogout(peer *Entity, role Role, binding Binding, name NameID, sessionIndexes []string, relay string) (*Message, error) {
	const op = "saml.RequestLogout"
	if err := l.Validate(); err != nil {
		return nil, err
	}
	list, _ := peer.logout(role)
	to, ok := endpoint(list, binding)
	if !ok || name.Value == "" {
		return nil, refuse(op, ReasonBinding, "the peer has no logout address for the binding %q, or the person no name there", clip(string(binding)))
	}
	root := l.message("LogoutRequest", l.newID(), to.Location)
	root.CreateAttr("NotOnOrAfter", formatTime(l.Now().Add(messageLife)))
	name.write(root, "NameID")
	for _, index := range sessionIndexes {
		root.CreateElement("samlp:SessionIndex").SetText(index)
	}
	return outgoing(op, root, l.Keys, l.Hash, true, Message{Binding: to.Binding, URL: to.Location, Param: "SAMLRequest", Relay: relay})
}

// ParseLogoutRequest reads a LogoutRequest. role is what the sender is to us; find returns it by its entity id. An
// unsigned one is refused, whatever the sender's metadata says.
func (l *Local) ParseLogoutRequest(in Incoming, role Role, find func(entityID string) (*Entity, bool)) (*LogoutRequest, error) {
	const op = "saml.ParseLogoutRequest"
	root, err := in.tree(op, false, "LogoutRequest")
	if err != nil {
		return nil, err
	}
	peer, err := l.sender(op, root, find)
	if err != nil {
		return nil, err
	}
	_, pins := peer.logout(role)
	if root, _, err = in.authentic(op, root, pins, true); err != nil {
		return nil, err
	}
	h, err := l.readHeader(op, root, []string{l.Logout}, true, "NotOnOrAfter", "Reason")
	if err != nil {
		return nil, err
	}
	end, err := instant(op, root, "NotOnOrAfter")
	if err != nil {
		return nil, err
	}
	if err := l.window(op, "the logout request", time.Time{}, end); err != nil {
		return nil, err
	}
	for _, k := range root.ChildElements() {
		if k.Tag == "EncryptedID" || k.Tag == "BaseID" {
			return nil, refuse(op, ReasonNameID, "the person is named by %s, a NameID is needed", k.Tag)
		}
	}
	parts, err := sequence(op, root, slot{nsSAML, "Issuer", 1, 1}, slot{nsDS, "Signature", 0, 1}, slot{nsSAMLP, "Extensions", 0, 1},
		slot{nsSAML, "NameID", 1, 1}, slot{nsSAMLP, "SessionIndex", 0, 64})
	if err != nil {
		return nil, err
	}
	out := &LogoutRequest{
		ID: h.ID, Peer: peer, Relay: in.Relay, Binding: in.Binding,
		Replay: ReplayKey{Key: "logout\n" + peer.ID + "\n" + h.ID, Until: h.Issued.Add(messageLife + 2*l.skew())},
	}
	if out.NameID, err = readNameID(op, parts[3][0]); err != nil {
		return nil, err
	}
	if out.SessionIndexes, err = texts(op, parts[4]); err != nil {
		return nil, err
	}
	return out, nil
}

// texts returns the trimmed text of each element.
func texts(op string, list []*etree.Element) ([]string, error) {
	var out []string
	for _, el := range list {
		text, err := content(op, el)
		if err != nil {
			return nil, err
		}
		if text = strings.Trim(text, " \t\r\n"); text == "" || len(text) > maxName {
			return nil, refuse(op, ReasonTooLarge, "%s is empty or has more than %d bytes", el.Tag, maxName)
		}
		out = append(out, text)
	}
	return out, nil
}

// AnswerLogout makes the signed LogoutResponse to a request. partial: some of the person's apps could not be reached.
func (l *Local) AnswerLogout(request *LogoutRequest, role Role, partial bool) (*Message, error) {
	const op = "saml.AnswerLogout"
	if err := l.Validate(); err != nil {
		return nil, err
	}
	list, _ := request.Peer.logout(role)
	to, ok := endpoint(list, request.Binding)
	if !ok {
		to, ok = endpoint(list, "")
	}
	if !ok {
		return nil, refuse(op, ReasonBinding, "the peer has no logout address to answer to")
	}
	address := to.Location
	if to.Response != "" {
		address = to.Response
	}
	codes := []string{"Success"}
	if partial {
		codes = []string{"Responder", "PartialLogout"}
	}
	root := l.response("LogoutResponse", address, request.ID, codes...)
	return outgoing(op, root, l.Keys, l.Hash, true, Message{Binding: to.Binding, URL: address, Param: "SAMLResponse", Relay: request.Relay})
}

// ParseLogoutResponse reads a peer's answer to our request of requestID.
func (l *Local) ParseLogoutResponse(in Incoming, role Role, peer *Entity, requestID string) (*LogoutResult, error) {
	const op = "saml.ParseLogoutResponse"
	root, err := in.tree(op, true, "LogoutResponse")
	if err != nil {
		return nil, err
	}
	if _, err := l.sender(op, root, func(id string) (*Entity, bool) { return peer, peer != nil && peer.ID == id }); err != nil {
		return nil, err
	}
	_, pins := peer.logout(role)
	if root, _, err = in.authentic(op, root, pins, true); err != nil {
		return nil, err
	}
	h, err := l.readHeader(op, root, []string{l.Logout}, true, "InResponseTo")
	if err != nil {
		return nil, err
	}
	parts, err := sequence(op, root, slot{nsSAML, "Issuer", 1, 1}, slot{nsDS, "Signature", 0, 1}, slot{nsSAMLP, "Extensions", 0, 1}, slot{nsSAMLP, "Status", 1, 1})
	if err != nil {
		return nil, err
	}
	if requestID == "" || h.InResponseTo != requestID {
		return nil, refuse(op, ReasonRequestUnknown, "the message answers %q, which is not the request that is open here", clip(h.InResponseTo))
	}
	out := &LogoutResult{ID: h.ID, Issuer: h.Issuer, Relay: in.Relay}
	switch err := readStatus(op, parts[3][0]); ReasonOf(err) {
	case "":
	case ReasonStatusPartial:
		out.Partial = true
	default:
		return nil, err
	}
	return out, nil
}
