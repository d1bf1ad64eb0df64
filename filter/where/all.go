package where

// All returns every dialect.
func All() []*Dialect {
	return []*Dialect{
		DuckDB,
		PostgreSQL,
		SQLite,
	}
}
