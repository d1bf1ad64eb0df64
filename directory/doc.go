// Package directory keeps what other systems say of a tenant's people: users, groups, nested memberships and directory
// roles, pushed by SCIM 2.0 or read from Microsoft Graph, each with the source that said it and when.
//
// It owns the model, the contracts of its stores, and how a directory's word is merged with a provider's claims at
// sign-in: who the person is, which groups and roles count, who is a guest or external, and who may not sign in because
// the account is disabled or deleted. It does not own sessions: package signin asks at sign-in and ends the sessions
// of those who may not stay. The wire of SCIM is directory/scim, that of Microsoft Graph directory/graph; neither
// decides anything.
//
// A source belongs to one tenant, and all that it says goes with it. What two sources say adds up, and each is
// refused where either refuses. Layer L2. Begin with [People.Resolve].
package directory
