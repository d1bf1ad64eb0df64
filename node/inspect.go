package node

import (
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/inspect"
	"github.com/referee-casb/referee/inspect/worker"
)

// openInspector makes what looks into content. The tenants' own information types and a malware checker go into its parts.
func (n *Node) openInspector() (gateway.Inspector, error) {
	n.readers = worker.New(worker.Config{Command: n.options.Worker}, n.log)
	return inspect.New(inspect.Config{}, inspect.Parts{Types: inspect.BuiltIn{}, Reader: n.readers, Log: n.log}), nil
}
