package archtest

// An exception allows one finding, and says why. One that allows nothing any more is itself a finding.
type exception struct {
	rule   string // as in rules.go
	from   string // the package, or the file for rules about files
	to     string // the import, or "" for rules without one
	reason string
}

// exceptions is the whole list; there is no other way past a rule.
var exceptions = []exception{
	{ruleLayer, "model", "fault", "validation of a model type reports the kind of mistake"},
	{ruleLayer, "filter", "model", "the field registries of filters name model's enumerations"},
	{ruleLayer, "filter", "fault", "a filter that doesn't parse is reported with kind and position"},
	{ruleLayer, "cmd/referee", "node", "the binary starts the node"},
	{ruleLayer, "cmd/referee", "demo", "the binary starts the demo"},
	{ruleLayer, "demo", "node", "the demo is a node with an identity provider and an app beside it"},
	{ruleDuckDB, "internal/pin", "github.com/duckdb/duckdb-go/v2", "keeps the module in go.mod; never compiled (build tag pin)"},
}
