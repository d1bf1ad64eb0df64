package cli

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

func (a *app) deviceCommand() *cobra.Command {
	c := &cobra.Command{Use: "device", Short: "Manage what proves that a device is managed"}
	c.AddCommand(a.deviceCA(), a.deviceCRL())
	return c
}

// authorityRows is what the API answers about authorities.
type authorityRows struct {
	Authorities []struct {
		Fingerprint, Subject string
		NotAfter             time.Time
		Root                 bool
		Warnings             []string
	}
	RevocationLists []struct {
		Issuer                 string
		ThisUpdate, NextUpdate time.Time
		Entries                int
		Expired                bool
	}
}

func (a *app) printAuthorities(l authorityRows) error {
	t := newTable("FINGERPRINT", "AUTHORITY", "KIND", "UNTIL")
	for _, v := range l.Authorities {
		kind := "intermediate"
		if v.Root {
			kind = "root"
		}
		t.row(v.Fingerprint[:min(16, len(v.Fingerprint))], v.Subject, kind, a.when(v.NotAfter))
	}
	if err := a.print(t); err != nil {
		return err
	}
	for _, v := range l.Authorities {
		for _, w := range v.Warnings {
			a.note("warning: %s %s", v.Subject, w)
		}
	}
	if len(l.RevocationLists) == 0 {
		return nil
	}
	t = newTable("REVOCATION LIST OF", "ENTRIES", "FROM", "UNTIL")
	for _, v := range l.RevocationLists {
		until := a.when(v.NextUpdate)
		if v.Expired {
			until += " (expired: its devices are unknown)"
		}
		t.row(v.Issuer, fmt.Sprint(v.Entries), a.when(v.ThisUpdate), until)
	}
	return a.print(t)
}

// readBytes reads a file for the API: PEM as it is, anything else in base64.
func (a *app) readBytes(file string) (string, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(io.LimitReader(a.in, 1<<20))
	} else {
		data, err = os.ReadFile(file) //nolint:gosec // the caller names it
	}
	if err != nil {
		return "", &fault.Error{Kind: fault.Invalid, Op: "cli.device", Key: file, Msg: "can't be read", Err: err}
	}
	if bytes.Contains(data, []byte("PRIVATE KEY")) {
		return "", &fault.Error{Kind: fault.Invalid, Op: "cli.device", Key: file, Msg: "holds a private key, which was not sent", Help: "give a file with the certificate alone"}
	}
	if bytes.Contains(data, []byte("-----BEGIN")) {
		return string(data), nil
	}
	return base64.StdEncoding.EncodeToString(data), nil
}

func (a *app) deviceCA() *cobra.Command {
	c := &cobra.Command{Use: "ca", Short: "Manage the authorities whose client certificates prove a managed device"}
	c.AddCommand(&cobra.Command{
		Use: "add FILE", Short: "Trust the client certificates of an authority", Args: exactly(1, "a file with the authority's certificate, or - for standard input"),
		Long:    "Upload a root or an intermediate authority, PEM (one or more) or DER. Each mistake is named; what expires within 60 days is warned of.",
		Example: "  referee device ca add contoso-devices.pem",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.readBytes(args[0])
			if err != nil {
				return err
			}
			out, err := a.tell(c, http.MethodPost, "/device/authorities", nil, map[string]any{"certificate": text})
			if err != nil {
				return err
			}
			return show(a, out, a.printAuthorities)
		},
	}, &cobra.Command{
		Use: "list", Short: "List the authorities and revocation lists", Args: cobra.NoArgs, Example: "  referee device ca list",
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := a.tell(c, http.MethodGet, "/device/authorities", nil, nil)
			if err != nil {
				return err
			}
			return show(a, out, a.printAuthorities)
		},
	}, &cobra.Command{
		Use: "remove FINGERPRINT", Short: "Trust an authority no more", Args: exactly(1, "the authority's fingerprint, or its beginning"),
		Example: "  referee device ca remove 3f9a0c21d4e5b678",
		RunE: func(c *cobra.Command, args []string) error {
			out, err := a.tell(c, http.MethodDelete, "/device/authorities/"+url.PathEscape(strings.ToLower(args[0])), nil, nil)
			if err != nil {
				return err
			}
			return show(a, out, a.printAuthorities)
		},
	})
	return c
}

func (a *app) deviceCRL() *cobra.Command {
	c := &cobra.Command{Use: "crl", Short: "Manage the revocation lists that were uploaded"}
	c.AddCommand(&cobra.Command{
		Use: "add FILE", Short: "Upload a revocation list in the place of the same issuer's", Args: exactly(1, "a file with the revocation list, or - for standard input"),
		Long:    "Upload a complete revocation list, PEM or DER. It counts where the tenant's document sets device.certificate.revocation to crl or both.",
		Example: "  referee device crl add contoso-devices.crl",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.readBytes(args[0])
			if err != nil {
				return err
			}
			out, err := a.tell(c, http.MethodPost, "/device/revocation-lists", nil, map[string]any{"list": text})
			if err != nil {
				return err
			}
			return show(a, out, a.printAuthorities)
		},
	})
	return c
}
