// Package undo writes down how to take a tenant's apps back from Referee: what to set back at each app, at the
// company's providers, in DNS, and what to tell people.
//
// It owns the plan and its text. It does not fetch anything and changes nothing: it is given the tenant, its apps and
// what each app has entered for Referee, and puts the other side's values beside them. What Referee can't know, such as
// a client secret that the provider will make, is said in words. Layer L3. Begin with [Make].
package undo
