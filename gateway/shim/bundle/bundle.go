// Package bundle turns the client script's TypeScript into the one file that the gateway serves.
// It links esbuild, and therefore is used by the generator and the tests of package shim only.
// Read with package shim (layer 3, beside the gateway). Start at [Build].
package bundle

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Build bundles main.ts of a folder and returns the script: one function expression, minified,
// ASCII only, no global names, no source map. The same sources give the same bytes on any machine.
func Build(dir string) ([]byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", dir, err)
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     abs,
		EntryPoints:       []string{"main.ts"},
		Bundle:            true,
		Write:             false,
		Format:            api.FormatIIFE,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2020,
		Charset:           api.CharsetASCII,
		LegalComments:     api.LegalCommentsNone,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LogLevel:          api.LogLevelSilent,
		// Read here and nowhere above, so that a file outside this folder can't change the bytes.
		TsconfigRaw: `{"compilerOptions":{"target":"es2022","strict":true}}`,
	})
	if len(result.Errors) > 0 {
		var b strings.Builder
		for _, m := range api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage}) {
			b.WriteString(m)
		}
		return nil, fmt.Errorf("bundle %s: %s", dir, b.String())
	}
	if len(result.OutputFiles) != 1 {
		return nil, fmt.Errorf("bundle %s: %d files came out, want one", dir, len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}
