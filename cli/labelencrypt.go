package cli

import (
	"crypto/rand"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp/encrypt"
	"github.com/referee-casb/referee/fault"
)

func (a *app) labelEncrypt() *cobra.Command {
	const op = "label encrypt"
	var out, passwordFile string
	var inPlace bool
	c := &cobra.Command{
		Use: "encrypt FILE", Short: "Write a copy of a file that opens with a password", Args: exactly(1, "a file"),
		Long: `Write a copy of a Word, Excel, PowerPoint (of 2007 and later) or PDF file that opens with a password only, to --out; with
--in-place the copy takes the file's place once it is whole. Documents get agile encryption (AES-256), PDF revision 6 of its standard
security handler (AES-256). Labels in the file are encrypted with it, so write them first.

The password is made anew and shown once, or read from --password-file. Hand it over another way than the file. Referee keeps it
nowhere: without it the copy can't be opened.`,
		Example: "  referee label encrypt contract.docx --out sealed.docx",
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" && !inPlace {
				return &fault.Error{Kind: fault.Invalid, Op: op, Msg: "nothing says where the copy goes", Help: "give --out, or --in-place"}
			}
			file, src, err := openSection(args[0])
			if err != nil {
				return err
			}
			defer file.Close() //nolint:errcheck // it reads
			password, err := passwordOf(passwordFile)
			if err != nil {
				return err
			}
			if inPlace {
				out = args[0]
			}
			if err := writeWhole(out, file, func(w io.Writer) error { return encrypt.Write(w, src, password, rand.Reader) }); err != nil {
				return labelFault(args[0], err)
			}
			if passwordFile != "" {
				password = ""
			}
			if a.flags.json {
				return a.printJSON(struct {
					Path     string `json:"path"`
					Password string `json:"password,omitempty"`
				}{out, password})
			}
			if password == "" {
				return a.say("%s opens with the password of %s", out, passwordFile)
			}
			return a.say("%s opens with this password, which is shown only now: %s", out, password)
		},
	}
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().BoolVar(&inPlace, "in-place", false, "put the copy in the file's place")
	c.Flags().StringVar(&passwordFile, "password-file", "", "file that holds the password; default a new one")
	c.MarkFlagsMutuallyExclusive("out", "in-place")
	return c
}

// passwordOf reads a password from a file, or makes one.
func passwordOf(path string) (string, error) {
	if path == "" {
		p, err := encrypt.NewPassword(rand.Reader)
		return p, fault.As(err, fault.Internal, "label encrypt", "password")
	}
	text, err := os.ReadFile(path) //nolint:gosec // the caller names it
	if err != nil {
		return "", &fault.Error{Kind: fault.Invalid, Op: "label encrypt", Key: path, Msg: "can't be read", Err: err}
	}
	p := strings.TrimRight(string(text), "\r\n")
	if len(p) < encrypt.MinPassword {
		return "", &fault.Error{Kind: fault.Invalid, Op: "label encrypt", Key: path, Msg: encrypt.ErrPassword.Error(), Err: encrypt.ErrPassword}
	}
	return p, nil
}
