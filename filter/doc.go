// Package filter is the one filter language of Referee: `{field: {operator: values}}` with the names of
// Defender for Cloud Apps, joined by `all`, `any` and `not`.
//
// A policy, an activity search, an inventory query and an alert rule all hold the same tree:
//
//	user.domain: {neq: [contoso.com], isset: true}
//	location.country: {eq: [DK, SE]}
//	any:
//	  - device.tags: {eq: unmanaged}
//	  - ip.address: {eq: [203.0.113.0/24, "2001:db8::/32"]}
//
// The way through the package:
//
//   - [ParseYAML] and [ParseJSON] make a [Node] tree, or [Mistakes]: all of them, each with line, column, path,
//     reason and advice.
//   - A [Schema] declares the fields of one entity: name, kind, case rule, documentation, accessor. Package
//     filter/entity holds the schemas of activities and files; policy holds that of its input.
//   - [Schema.Bind] checks a tree against a schema and gives a [Plan]: operators reduced to a few, values
//     parsed, folded, sorted. Every evaluator starts from the plan, so that no two read a value differently.
//   - [Schema.Compile] makes a [Program], a Go predicate: [Program.Eval] is three-valued and does not allocate,
//     [Program.Missing] names the facts worth fetching, [Program.Explain] says what each condition saw.
//   - Package filter/where turns a plan into a WHERE clause for SQLite, DuckDB or PostgreSQL. Package
//     filter/filtertest holds the cases that every one of them must answer like the Go predicate.
//
// SEMANTICS.md beside this file is the truth table. The package does no I/O and knows no entity. Layer L0.
// Begin with [Node], [Schema] and [Program].
package filter
