// Package policy decides. It owns the policy documents people write, the rule book they compile to, the
// decision itself, and its explanation.
//
// The way through the package:
//
//   - [Decode] reads documents from YAML or JSON and returns every mistake with line, column, path, reason and
//     advice. [Document.Canonical] writes the one form that stores keep.
//   - [Compile] turns the documents of a tenant, with the phases of their rollouts and its exceptions, into a
//     [Book]. It refuses documents that need what this installation can't do, see [Capabilities].
//   - [Book.Decide] takes an [Input], the facts that a caller has gathered, and fills a [Verdict]: a gate, duties,
//     the policies behind them, and the facts it still needs. It is pure, takes a few microseconds, and does not
//     allocate. [Book.Explain] says why, for people.
//
// # How a verdict comes about
//
// There are three stages: Conditional Access at sign-in, access policies, and session policies whenever something
// happens in a session. At each, every policy whose conditions hold has a say. The strictest gate applies: block,
// then step-up, then block with override, then allow. Duties add up. A policy in its monitor phase, and a
// Conditional Access policy that only reports, is named and stops nobody. An exception lifts the gate of its own
// policy, and no duty.
//
// Conditions are three-valued. A fact that is unknown and matters is named in the verdict's needs, and the
// verdict is open: the caller fetches and decides again, or applies the gate that stands. A fact that is not to
// be had follows the policy's unscannable, for devices its deviceUnknown; in Conditional Access it counts as met.
//
// # What it does not do
//
// It gathers no facts (access, gateway), enforces nothing (gateway), keeps nothing (store, behind [Store]), and
// knows no app. The packages below it: lint finds what is wrong between documents, template makes documents from
// recipes, rollout moves policies from monitor to block, replay runs a draft over recorded activities,
// policytest runs decision tables.
//
// Layer L1. Begin with [Document], [Input] and [Verdict]; testdata/decide has worked cases.
package policy
