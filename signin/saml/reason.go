package saml

import (
	"errors"

	"github.com/referee-casb/referee/fault"
)

// Reason says in one word why a message was refused. The list is closed and its words are stable: the activity log
// stores them, policies and alerts filter on them. [Reasons] returns them all.
type Reason string

// What is wrong with the bytes, before anything is believed.
const (
	ReasonMissing         Reason = "message_missing"        // no SAMLRequest or SAMLResponse, or one given twice
	ReasonEncoding        Reason = "bad_encoding"           // base64, DEFLATE or character encoding
	ReasonTooLarge        Reason = "too_large"              // bytes, elements or attributes beyond the bound
	ReasonTooDeep         Reason = "too_deep"               // nesting beyond the bound
	ReasonMalformed       Reason = "malformed_xml"          // not well-formed XML
	ReasonDTD             Reason = "dtd"                    // a document type declaration
	ReasonEntity          Reason = "entity"                 // an entity other than XML's own five
	ReasonInstruction     Reason = "processing_instruction" // a processing instruction
	ReasonComment         Reason = "comment"                // a comment
	ReasonCDATA           Reason = "cdata"                  // a CDATA section
	ReasonNamespace       Reason = "namespace"              // an undeclared, reserved, relative or doubled name
	ReasonDuplicateID     Reason = "duplicate_id"           // two elements with one ID
	ReasonWrongMessage    Reason = "wrong_message"          // another message than was expected here
	ReasonUnexpected      Reason = "unexpected_element"     // an element or attribute that the profile has no place for
	ReasonMissingElement  Reason = "missing_element"        // an element or attribute that must be there
	ReasonVersion         Reason = "wrong_version"          // not SAML 2.0
	ReasonAssertionNumber Reason = "assertion_number"       // not exactly one assertion
)

// What is wrong with a signature or an encryption.
const (
	ReasonUnsigned          Reason = "unsigned"                // no signature where one is required
	ReasonSignaturePlace    Reason = "signature_place"         // a signature where none belongs, or more than one
	ReasonSignatureShape    Reason = "signature_shape"         // not of the one form that is accepted
	ReasonReference         Reason = "signature_reference"     // refers to another element than its own parent, or to several
	ReasonTransform         Reason = "signature_transform"     // a transform beside enveloped-signature and exclusive canonicalization
	ReasonAlgorithm         Reason = "weak_algorithm"          // SHA-1, HMAC, none or an unknown algorithm
	ReasonDigest            Reason = "digest_mismatch"         // what was signed was changed
	ReasonSignature         Reason = "bad_signature"           // no pinned certificate made this signature
	ReasonNoKey             Reason = "no_pinned_key"           // no usable certificate is registered for the sender
	ReasonNotEncrypted      Reason = "not_encrypted"           // encryption is required and was not used
	ReasonEncryption        Reason = "encryption_refused"      // an encryption algorithm that is not accepted
	ReasonDecrypt           Reason = "decryption_failed"       // none of our keys opens it, or it was changed
	ReasonMetadataSignature Reason = "metadata_bad_signature"  // metadata isn't signed by the certificate given for it
	ReasonMetadataExpired   Reason = "metadata_expired"        // validUntil has passed
	ReasonMetadata          Reason = "metadata_not_understood" // metadata lacks what is needed, or contradicts itself
)

// What is wrong with what a message says.
const (
	ReasonIssuer          Reason = "wrong_issuer"            // another provider or app than expected, or an unknown one
	ReasonAudience        Reason = "wrong_audience"          // made for somebody else
	ReasonRecipient       Reason = "wrong_recipient"         // to be delivered elsewhere
	ReasonDestination     Reason = "wrong_destination"       // sent to another address
	ReasonRequestUnknown  Reason = "in_response_to_mismatch" // answers a request that was not ours
	ReasonUnsolicited     Reason = "unsolicited"             // answers no request, where one is required
	ReasonNotYet          Reason = "not_yet_valid"           // its time has not come
	ReasonExpired         Reason = "expired"                 // its time has passed
	ReasonStale           Reason = "stale_authentication"    // the sign-in is older than asked for
	ReasonContext         Reason = "wrong_authn_context"     // the way of signing in is not the one asked for
	ReasonSubject         Reason = "wrong_subject"           // another person than asked for
	ReasonConfirmation    Reason = "subject_confirmation"    // no usable bearer confirmation
	ReasonNameID          Reason = "bad_name_id"             // no name for the person, or one that can't be used
	ReasonTime            Reason = "bad_time"                // a time that can't be read
	ReasonReplay          Reason = "replayed"                // for callers: the replay key was seen before
	ReasonACS             Reason = "unregistered_acs"        // the app wants the answer where none is registered
	ReasonBinding         Reason = "wrong_binding"           // a binding that isn't registered or isn't supported
	ReasonRelayState      Reason = "bad_relay_state"         // too long, or not a place this app may be sent to
	ReasonPolicy          Reason = "request_not_possible"    // asks for what this provider can't do
	ReasonSettings        Reason = "settings"                // our own settings can't work
	ReasonUnknownReceiver Reason = "unknown_session"         // for callers: a logout names nobody signed in
)

// What the other side said when it refused (SAML core 3.2.2.2).
const (
	ReasonStatus          Reason = "status_error"           // refused without a code that is known
	ReasonStatusRequester Reason = "status_requester"       // it finds our request wrong
	ReasonStatusResponder Reason = "status_responder"       // it failed itself
	ReasonStatusVersion   Reason = "status_version"         // it speaks another version
	ReasonStatusAuthn     Reason = "status_authn_failed"    // the person could not sign in
	ReasonStatusContext   Reason = "status_no_context"      // it can't give the authentication asked for
	ReasonStatusPassive   Reason = "status_no_passive"      // it would have to ask the person, and was told not to
	ReasonStatusDenied    Reason = "status_request_denied"  // it will not answer us
	ReasonStatusNameID    Reason = "status_name_id_policy"  // it can't give the name format asked for
	ReasonStatusPrincipal Reason = "status_unknown_person"  // it doesn't know the person
	ReasonStatusPartial   Reason = "status_partial_logout"  // it could not sign out everywhere
	ReasonStatusCancelled Reason = "status_person_canceled" // the person gave up there
)

// The sentences that people read. They say what to do and give nothing away that helps to forge.
const (
	sayBroken   = "The sign-in message could not be read. Start again from the app; if it happens again, tell your administrator."
	sayUntrust  = "The sign-in message could not be trusted. Start again from the app; if it happens again, tell your administrator."
	sayLate     = "The sign-in took too long or was used before. Start again from the app."
	sayElse     = "The sign-in message was made for somebody or somewhere else. Start again from the app; if it happens again, tell your administrator."
	sayApp      = "The app asked for a sign-in that is not set up. Tell your administrator."
	sayAgain    = "Your organization asks for another sign-in before you go on. Sign in again."
	sayProvider = "Your organization's sign-in could not let you in. Try again; if it happens again, tell your administrator."
	saySettings = "The sign-in is not set up correctly. Tell your administrator."
	saySignOut  = "You could not be signed out everywhere. Close the browser to be sure."
)

// person holds each reason's sentence, and by its keys the closed list.
var person = map[Reason]string{
	ReasonMissing: sayBroken, ReasonEncoding: sayBroken, ReasonTooLarge: sayBroken, ReasonTooDeep: sayBroken, ReasonMalformed: sayBroken,
	ReasonDTD: sayUntrust, ReasonEntity: sayUntrust, ReasonInstruction: sayUntrust, ReasonComment: sayUntrust, ReasonCDATA: sayUntrust,
	ReasonNamespace: sayUntrust, ReasonDuplicateID: sayUntrust, ReasonWrongMessage: sayBroken, ReasonUnexpected: sayUntrust,
	ReasonMissingElement: sayBroken, ReasonVersion: sayBroken, ReasonAssertionNumber: sayUntrust,
	ReasonUnsigned: sayUntrust, ReasonSignaturePlace: sayUntrust, ReasonSignatureShape: sayUntrust, ReasonReference: sayUntrust,
	ReasonTransform: sayUntrust, ReasonAlgorithm: sayUntrust, ReasonDigest: sayUntrust, ReasonSignature: sayUntrust, ReasonNoKey: saySettings,
	ReasonNotEncrypted: sayUntrust, ReasonEncryption: sayUntrust, ReasonDecrypt: sayUntrust,
	ReasonMetadataSignature: saySettings, ReasonMetadataExpired: saySettings, ReasonMetadata: saySettings,
	ReasonIssuer: sayElse, ReasonAudience: sayElse, ReasonRecipient: sayElse, ReasonDestination: sayElse,
	ReasonRequestUnknown: sayLate, ReasonUnsolicited: "This sign-in has to be started from the app. Open the app and sign in there.",
	ReasonNotYet: sayLate, ReasonExpired: sayLate, ReasonStale: sayAgain, ReasonContext: sayAgain,
	ReasonSubject:      "You signed in as somebody else than the person who is signed in here. Sign in with the same account.",
	ReasonConfirmation: sayUntrust, ReasonNameID: sayProvider, ReasonTime: sayBroken, ReasonReplay: sayLate,
	ReasonACS: sayApp, ReasonBinding: sayApp, ReasonRelayState: sayApp, ReasonPolicy: sayApp, ReasonSettings: saySettings,
	ReasonUnknownReceiver: "You were signed out already.",
	ReasonStatus:          sayProvider, ReasonStatusRequester: saySettings, ReasonStatusResponder: sayProvider, ReasonStatusVersion: saySettings,
	ReasonStatusAuthn: sayProvider, ReasonStatusContext: sayAgain, ReasonStatusPassive: sayAgain, ReasonStatusDenied: sayProvider,
	ReasonStatusNameID: saySettings, ReasonStatusPrincipal: sayProvider, ReasonStatusPartial: saySignOut,
	ReasonStatusCancelled: "The sign-in was canceled. Start again from the app.",
}

// Reasons returns the closed list, in no order.
func Reasons() []Reason {
	all := make([]Reason, 0, len(person))
	for r := range person {
		all = append(all, r)
	}
	return all
}

// Person returns the plain sentence for the person whose sign-in ended so.
func (r Reason) Person() string {
	if s, ok := person[r]; ok {
		return s
	}
	return sayUntrust
}

// Refusal is the cause in every error of this package; [ReasonOf] finds it.
type Refusal struct{ Reason Reason }

// Error returns the reason's word.
func (r *Refusal) Error() string { return string(r.Reason) }

// ReasonOf returns why err refused a message, "" for an error that is not of this package.
func ReasonOf(err error) Reason {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason
	}
	return ""
}

// refuse makes the error of a refused message: kind Denied, or Invalid where an administrator mends it.
func refuse(op string, reason Reason, format string, args ...any) error {
	kind := fault.Denied
	switch reason {
	case ReasonSettings, ReasonMetadata, ReasonMetadataExpired, ReasonMetadataSignature, ReasonNoKey:
		kind = fault.Invalid
	}
	e := fault.New(kind, op, format, args...)
	e.Help, e.Err = reason.Person(), &Refusal{Reason: reason}
	return e
}
