// Command build writes the client script's bundle, shim.gen.js. Run it from the root of the
// repository after a change to gateway/shim/*.ts:
//
//	go run ./gateway/shim/build
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/referee-casb/referee/gateway/shim/bundle"
)

func main() {
	dir := filepath.Join("gateway", "shim")
	script, err := bundle.Build(dir)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "shim.gen.js"), script, 0o644) //nolint:gosec // a source file, readable like its neighbours
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("shim.gen.js: %d bytes\n", len(script))
}
