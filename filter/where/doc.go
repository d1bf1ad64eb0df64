// Package where turns a filter's plan into a WHERE clause, and lists and fills the columns such a clause reads.
//
// The clause means exactly what [filter.Program] means over rows whose facts are Known or NotSet; SEMANTICS.md
// in package filter is the table that both are tested against. A clause is never NULL, so NOT and OR around it
// are safe. Every value is a bound parameter; names come from the schema, which admits plain names only.
//
//   - [Columns] gives the columns of an entity, [Dialect.Type] their types, [Table] their values. A store that
//     makes its table from these cannot disagree with the clause.
//   - [Dialect.Clause] compiles. Dialects are one file each, listed in all.go.
//
// No driver is linked and nothing is executed here. Layer L0. Begin with [Dialect].
package where
