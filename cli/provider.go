package cli

import (
	"context"
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

func (a *app) providerCommand() *cobra.Command {
	c := &cobra.Command{Use: "provider", Short: "Connect the identity providers where people sign in"}
	c.AddCommand(a.providerPresets(), a.providerAdd(), a.providerList(), a.providerTest(), a.providerRemove())
	return c
}

// providerEntries is what a provider's administrator enters there.
type providerEntries struct{ RedirectURI, EntityID, Metadata, ACS, Logout string }

// providerRow is a provider as the API answers it.
type providerRow struct {
	Provider struct {
		ID, Kind, Preset, Issuer string
		Domains                  []string
		SAML                     struct{ EntityID string }
	}
	Enter providerEntries
	Notes []string
}

// entries prints names with values to copy, leaving out what is empty.
func (a *app) entries(pairs ...string) error {
	t := newTable("SETTING", "VALUE")
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			t.row(pairs[i], pairs[i+1])
		}
	}
	return a.print(t)
}

func (a *app) printEntries(e providerEntries) error {
	return a.entries("redirect URI", e.RedirectURI, "entity id (audience)", e.EntityID, "metadata", e.Metadata, "reply address (ACS)", e.ACS, "logout address", e.Logout)
}

func (a *app) providerPresets() *cobra.Command {
	return &cobra.Command{
		Use: "presets", Short: "List the products that Referee knows", Args: cobra.NoArgs, Example: "  referee provider presets",
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := a.connect()
			if err != nil {
				return err
			}
			text, err := cl.all(c.Context(), "/provider-presets", nil, 0)
			if err != nil {
				return err
			}
			return show(a, text, func(l items[struct{ ID, Title, Issuer, Guide string }]) error {
				t := newTable("PRESET", "PRODUCT", "ISSUER", "GUIDE")
				for _, p := range l.Items {
					t.row(p.ID, p.Title, p.Issuer, "docs/howto/"+p.Guide)
				}
				return a.print(t)
			})
		},
	}
}

func (a *app) providerAdd() *cobra.Command {
	var preset, name, issuer, client, secret, ca, metadata, entity string
	var domains, scopes []string
	var update bool
	c := &cobra.Command{
		Use: "add ID", Short: "Connect an identity provider", Args: exactly(1, "a short id, such as entra"),
		Long: `Connect an OpenID provider by its issuer and client id, or a SAML provider by its metadata, a file or an https address
that is fetched from here. What to enter at the provider is printed. The id is part of those addresses, and of user ids.
--secret-file and --ca-file-of-provider name files on the host that Referee runs on, and take a token of the installation.`,
		Example: "  referee provider add entra --preset entra --issuer https://login.microsoftonline.com/0d4f3f6e-58a5-4a5e-9d0e-3c1f2b6a7e11/v2.0 --client-id 6b1f5f0a-9b1e-4a55-8f37-0d6c1a5d7a10 --domain contoso.com\n" +
			"  referee provider add okta --preset okta --metadata okta.xml --domain contoso.org",
		RunE: func(c *cobra.Command, args []string) error {
			p := map[string]any{"id": args[0]}
			for key, value := range map[string]string{"preset": preset, "name": name, "issuer": issuer, "clientId": client, "secretFile": secret, "caFile": ca} {
				if value != "" {
					p[key] = value
				}
			}
			if len(domains) > 0 {
				p["domains"] = domains
			}
			if len(scopes) > 0 {
				p["scopes"] = scopes
			}
			body := map[string]any{"provider": p, "update": update}
			if entity != "" {
				body["metadataEntity"] = entity
			}
			if err := a.metadata(c.Context(), metadata, body); err != nil {
				return err
			}
			text, err := a.tell(c, http.MethodPost, "/providers", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, func(r providerRow) error {
				if err := a.say("%s is connected. Enter at the provider:", args[0]); err != nil {
					return err
				}
				if err := a.printEntries(r.Enter); err != nil {
					return err
				}
				for _, n := range r.Notes {
					a.note("%s", n)
				}
				a.note("then: referee provider test %s", args[0])
				return nil
			})
		},
	}
	f := c.Flags()
	f.StringVar(&preset, "preset", "", "a product of `referee provider presets`")
	f.StringVar(&name, "name", "", "shown where people choose a provider; its id when left out")
	f.StringVar(&issuer, "issuer", "", "OpenID: the issuer, as the provider's discovery document names it")
	f.StringVar(&client, "client-id", "", "OpenID: the client id that the provider gave Referee")
	f.StringVar(&secret, "secret-file", "", "OpenID: file with the client secret, on Referee's host")
	f.StringVar(&ca, "ca-file-of-provider", "", "file with further authorities for the provider's certificate, on Referee's host")
	f.StringVar(&metadata, "metadata", "", "SAML: file or https address of the provider's metadata; - reads standard input")
	f.StringVar(&entity, "entity-id", "", "SAML: which entity of the metadata, where they describe several")
	f.StringSliceVar(&domains, "domain", nil, "e-mail domain whose people sign in here; give it again for more")
	f.StringSliceVar(&scopes, "scope", nil, "OpenID: scope beside openid; give it again for more")
	f.BoolVar(&update, "update", false, "change the provider of the same id; what is not given stays as it is")
	return c
}

func (a *app) providerList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the identity providers of a tenant", Args: cobra.NoArgs, Example: "  referee provider list",
		RunE: a.listing("/providers", func(text []byte) error {
			return show(a, text, func(l items[providerRow]) error {
				t := newTable("ID", "KIND", "PRESET", "DOMAINS", "PROVIDER")
				for _, r := range l.Items {
					p := r.Provider
					t.row(p.ID, first(p.Kind, "oidc"), dash(p.Preset), dash(strings.Join(p.Domains, ", ")), first(p.Issuer, p.SAML.EntityID))
				}
				return a.print(t)
			})
		}),
	}
}

func (a *app) providerTest() *cobra.Command {
	metadata := ""
	c := &cobra.Command{
		Use: "test ID", Short: "Test an identity provider, and print what to enter there", Args: exactly(1, "the id of a provider"),
		Long: `Fetch an OpenID provider's discovery document and keys from Referee's host, or check a SAML provider's settings, and
compare them with metadata where some are given. Exits with an error when something is wrong.`,
		Example: "  referee provider test okta --metadata okta.xml",
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]any{}
			if err := a.metadata(c.Context(), metadata, body); err != nil {
				return err
			}
			text, err := a.tell(c, http.MethodPost, "/providers/"+url.PathEscape(args[0])+"/test", nil, body)
			if err != nil {
				return err
			}
			var r struct {
				OK     bool
				Checks []struct{ Name, State, Detail, Help string }
				Enter  providerEntries
			}
			if err := decodeJSON(text, &r); err != nil {
				return err
			}
			err = show(a, text, func(struct{}) error {
				for _, v := range r.Checks {
					if err := a.say("%s", plain(fmt.Sprintf("%-8s %s: %s", v.State, v.Name, v.Detail))); err != nil {
						return err
					}
					if v.Help != "" {
						if err := a.say("         %s", plain(v.Help)); err != nil {
							return err
						}
					}
				}
				if err := a.say("\nThe provider's administrator enters:"); err != nil {
					return err
				}
				return a.printEntries(r.Enter)
			})
			if err == nil && !r.OK {
				err = &fault.Error{Kind: fault.Invalid, Op: "provider test", Key: args[0], Msg: "people can't sign in at this provider yet", Help: "mend what is marked wrong, and test again"}
			}
			return err
		},
	}
	c.Flags().StringVar(&metadata, "metadata", "", "SAML: file or https address of the provider's metadata, to compare with; - reads standard input")
	return c
}

func (a *app) providerRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "Remove an identity provider", Args: exactly(1, "the id of a provider"), Example: "  referee provider remove okta",
		Long: "Nobody signs in there any more. Sessions that were begun there go on until they end; `referee session revoke` ends them now.",
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.tell(c, http.MethodDelete, "/providers/"+url.PathEscape(args[0]), nil, nil); err != nil {
				return err
			}
			return a.gone(args[0], "removed")
		},
	}
}

// maxMetadata is what the API takes.
const maxMetadata = 1_000_000

// metadata puts SAML metadata from a file, standard input or an https address into a request's body. They are fetched
// from here, not by Referee: no tenant can make its host look around.
func (a *app) metadata(ctx context.Context, from string, body map[string]any) error {
	const op = "cli.metadata"
	if from == "" {
		return nil
	}
	var text []byte
	var err error
	switch {
	case from == "-":
		text, err = io.ReadAll(io.LimitReader(a.in, maxMetadata+1))
	case strings.Contains(from, "://"):
		text, err = fetchMetadata(ctx, from)
	default:
		text, err = os.ReadFile(from) //nolint:gosec // the caller names it
	}
	switch {
	case err != nil:
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: from, Msg: "the metadata can't be read", Help: "name a file, or the https address of the provider's federation metadata", Err: err}
	case len(text) > maxMetadata:
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: from, Msg: fmt.Sprintf("has more than %d bytes", maxMetadata), Help: "take the metadata of the one provider, not of a federation"}
	}
	body["metadata"] = string(text)
	return nil
}

func fetchMetadata(ctx context.Context, from string) ([]byte, error) {
	const op = "cli.fetchMetadata"
	secure := func(u *url.URL) error {
		if u.Scheme != "https" || u.Host == "" || u.User != nil {
			return fault.New(fault.Invalid, op, "%s is not an https address: anybody on the way could put other certificates in", u.Redacted())
		}
		return nil
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err == nil {
		err = secure(q.URL)
	}
	if err != nil {
		return nil, err
	}
	t := transport(nil)
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, Timeout: 15 * time.Second, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 5 {
			return fault.New(fault.Invalid, op, "the address leads in circles")
		}
		return secure(r.URL)
	}}
	res, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Invalid, op, "%s answers %s", q.URL.Host, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxMetadata+1))
}
