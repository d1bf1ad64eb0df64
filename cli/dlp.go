package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
)

func (a *app) dlpCommand() *cobra.Command {
	c := &cobra.Command{Use: "dlp", Short: "Look for sensitive information, and say what to look for"}
	types := &cobra.Command{Use: "types", Short: "Show sensitive information types, and keep your own"}
	types.AddCommand(a.dlpTypesList(), a.dlpTypesShow(), a.dlpTypesApply(), a.dlpTypesHistory(), a.dlpTypesRemove())
	tables := &cobra.Command{Use: "edm", Short: "Match the company's own records exactly, by hashes"}
	tables.AddCommand(a.edmHash(), a.edmUpload(), a.edmList(), a.edmRemove())
	prints := &cobra.Command{Use: "fingerprint", Short: "Know forms and templates by their wording"}
	prints.AddCommand(a.fingerprintMake())
	c.AddCommand(a.dlpScan(), a.dlpTest(), types, tables, prints, a.dlpEvidence(), a.dlpEvidenceSetting())
	return c
}

// dlpFlags choose what is looked for.
type dlpFlags struct {
	own, types, bundles []string
}

func (f *dlpFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.own, "own", nil, "files with documents of own information types and bundles")
}

// known are the built-in types and bundles, and those of documents.
func (a *app) known(f *dlpFlags) (*own.Set, error) {
	const op = "dlp"
	set := own.BuiltIn()
	for _, file := range f.own {
		text, err := os.ReadFile(file) //nolint:gosec // the caller names it
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "can't be read", Err: err}
		}
		docs, mistakes := own.Decode(text)
		if len(mistakes) > 0 {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "has mistakes", Err: mistakes}
		}
		for _, d := range docs {
			if _, there := set.Find(d.ID); there {
				return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: d.ID, Msg: "is in two files", Help: "give each document its own id"}
			}
		}
		if set, err = set.With(docs); err != nil {
			return nil, fault.Wrap(err, op, file)
		}
	}
	return set, nil
}
