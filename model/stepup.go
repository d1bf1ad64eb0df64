package model

import (
	"slices"
	"time"
)

// StepUpKind says what a person must do before a gate opens.
type StepUpKind string

// The kinds of step-up, in Entra's words where it has them.
const (
	StepMFA            StepUpKind = "mfa"                    // a second factor, at the provider or here
	StepStrength       StepUpKind = "authenticationStrength" // Value is the strength's id or built-in name
	StepContext        StepUpKind = "authenticationContext"  // Value is the context's id: "c1" to "c99", or a provider's acr
	StepReauthenticate StepUpKind = "reauthenticate"         // sign in again (sign-in frequency); Within says how recent
	StepPasswordChange StepUpKind = "passwordChange"
	StepTermsOfUse     StepUpKind = "termsOfUse" // Value is the agreement's id
)

// StepUp is one thing that a person must have done before a gate opens.
type StepUp struct {
	Kind   StepUpKind    `json:"kind"`
	Value  string        `json:"value,omitempty"`
	Within time.Duration `json:"within,omitempty"` // how recently; 0: at any time in the session
}

// Key names a step-up without its freshness: "mfa", "authenticationContext=c1".
func (s StepUp) Key() string {
	if s.Value == "" {
		return string(s.Kind)
	}
	return string(s.Kind) + "=" + s.Value
}

// Satisfaction records that a step-up was done: what, when, and who vouches for it.
type Satisfaction struct {
	Kind  StepUpKind `json:"kind"`
	Value string     `json:"value,omitempty"`
	At    time.Time  `json:"at"`
	By    string     `json:"by"` // a provider's id, "totp", "passkey", "recoveryCode"
}

// Satisfies reports whether the authentication, with all that was done since, meets a step-up at now. A sign-in whose
// amr holds "mfa" (RFC 8176) meets StepMFA at its own time. A time in the future satisfies nothing, nor
// does a sign-in without a date of the provider's where it has to be recent.
func (a *Authentication) Satisfies(need StepUp, now time.Time) bool {
	recent := func(at time.Time) bool {
		return !at.IsZero() && !at.After(now) && (need.Within <= 0 || now.Sub(at) <= need.Within)
	}
	signedIn := func() bool { return recent(a.Time) && (need.Within <= 0 || !a.Undated) }
	for i := range a.Steps {
		s := &a.Steps[i]
		if s.Kind == need.Kind && s.Value == need.Value && recent(s.At) {
			return true
		}
	}
	switch need.Kind {
	case StepMFA:
		return slices.Contains(a.AMR, "mfa") && signedIn()
	case StepReauthenticate:
		return signedIn()
	case StepContext:
		return a.ACR != "" && a.ACR == need.Value && signedIn()
	}
	return false
}
