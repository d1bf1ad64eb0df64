// Package shim is the client script: the TypeScript that the gateway puts first in every document
// of a mapped host, and the Go side of its contracts.
//
// It owns the script ([Script], [Path]), the configuration in its tag ([Config], [Tag]), the
// reports it sends back ([ParseReport]), the refusals it shows ([Problem]) and the mark on requests
// it sends with credentials the page didn't ask for ([TakeMark]). It doesn't own routes, sessions
// or decisions: the gateway serves the path, answers the reports and chooses the modes.
//
// The script is untrusted once it is in a browser. It reports facts and never grants: what must be
// enforced is enforced on bytes, and confirmed on the broker's origin.
//
// Layer 3, part of the gateway. The sources are *.ts, one subject a file, main.ts the entry;
// shim.gen.js is built from them by
//
//	go run ./gateway/shim/build
//
// and a test fails while the two differ. Start reading at [Config] here and at main.ts there.
package shim

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
)

//go:embed shim.gen.js
var script []byte

var sum = sha256.Sum256(script)

// Prefix is the folder on every mapped host that belongs to Referee; apps have no paths below it.
const Prefix = "/.referee/"

// Script returns the client script (text/javascript, ASCII). Callers must not change it.
func Script() []byte { return script }

// Hash is the first 16 bytes of the script's SHA-256 in lower-case hex; it names the version.
func Hash() string { return hex.EncodeToString(sum[:16]) }

// Path is where a mapped host serves the script. It changes with the script, hence may be cached
// for ever: Cache-Control: public, max-age=31536000, immutable.
func Path() string { return Prefix + "s/" + Hash() + ".js" }

// Integrity is the script's Subresource Integrity value, for an integrity attribute or a CSP hash.
func Integrity() string { return "sha256-" + base64.StdEncoding.EncodeToString(sum[:]) }
