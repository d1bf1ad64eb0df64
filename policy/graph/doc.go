// Package graph reads and writes Microsoft Graph's conditionalAccessPolicy, so that policies can come from Entra and
// go there.
//
// It owns the two translations. What one side can't say is never dropped in silence: [Import] returns a problem with
// its path, [Export] leaves the policy out and says why. It does not own the documents (policy), nor the talk with
// Graph: text comes in and text goes out.
//
// Documents have Graph's shape already, so importing is mostly taking away: what Graph adds by itself (@odata, times,
// nulls, empty lists, controls that are switched off). Three things are translated: the ids of apps, those of named
// locations, which documents call by name, and those of people, which carry their provider here. Ids of groups and of
// directory roles are the same on both sides.
//
// Layer L1. Begin with [Import] and [Export].
package graph
