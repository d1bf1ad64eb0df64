// Package devicerule reads the rules of Entra's filter for devices, such as
//
//	device.isCompliant -eq True -or device.trustType -eq "ServerAD"
//
// It owns the language: the attributes and operators that Entra documents for Conditional Access (Microsoft Learn,
// "Conditional Access: Filter for devices"), the mistakes people make in it, each with its place, and the lowering
// to the filter language. It does not own the facts about a device: those are fields of package policy, under the
// names of [Attribute.Field].
//
// A device that is not registered has no attribute at all: positive operators never match it, negative ones always
// do. The filter language says the same of fields that are not set, so lowering keeps it; [Rule.Unregistered] tells
// what a rule makes of such a device.
//
// Layer L1. Begin with [Parse].
package devicerule
