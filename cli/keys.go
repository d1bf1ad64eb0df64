package cli

import (
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) keysCommand() *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "Show and roll the keys that apps verify sign-ins with"}
	c.AddCommand(a.keysList(), a.keysRoll())
	return c
}

type keyRow struct {
	Use, ID, State, Fingerprint string
	Active, Ends                time.Time
}

func (a *app) keysList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List signing keys, and the apps that know an older one only", Args: cobra.NoArgs, Example: "  referee keys list",
		Long: "List the published signing keys. OpenID apps fetch new keys by themselves; a SAML app has the newest when its setting knownCertificate says so, and may have it when its metadata was fetched since: anybody can fetch that.",
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := a.tell(c, http.MethodGet, "/keys", nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(r struct {
				Keys []keyRow
				Old  []struct {
					App, Use, Key, Why string
					Perhaps            bool
				}
			},
			) error {
				t := newTable("USE", "STATE", "IN USE FROM", "ENDS", "KEY", "CERTIFICATE (SHA-256)")
				for _, k := range r.Keys {
					t.row(k.Use, k.State, a.when(k.Active), a.when(k.Ends), k.ID, k.Fingerprint)
				}
				if err := a.print(t); err != nil {
					return err
				}
				for _, o := range r.Old {
					says := "app %s does not have the newest %s key: %s"
					if o.Perhaps {
						says = "app %s may have the newest %s key: %s"
					}
					if err := a.say(says, o.App, o.Use, o.Why); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

func (a *app) keysRoll() *cobra.Command {
	after, withdraw := "", false
	c := &cobra.Command{
		Use: "roll USE", Short: "Publish the next signing key and say when it takes over", Args: exactly(1, "oidc or saml"), Example: "  referee keys roll saml --after 720h\n  referee keys roll oidc --withdraw",
		Long: `Publish the next key at once and use it after a while, so that apps can learn it before. The old key stays published
for 30 days: what it signed goes on to count.

When a key was stolen, give --withdraw: the next key takes over in two minutes, and the older ones are then neither
published nor kept, so that apps refuse what is signed with them. OpenID apps fetch the new key by themselves; a SAML app
refuses every sign-in until it has the new certificate. Keys that were published for later are withdrawn at once.`,
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]any{"use": args[0]}
			if after != "" {
				body["after"] = after
			}
			if withdraw {
				body["withdraw"] = true
			}
			text, err := a.tell(c, http.MethodPost, "/keys/roll", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, func(k keyRow) error { return a.say("key %s is published, and in use from %s", k.ID, a.when(k.Active)) })
		},
	}
	c.Flags().StringVar(&after, "after", "", "when the key takes over; a day for oidc and 30 days for saml when left out, two minutes to withdraw")
	c.Flags().BoolVar(&withdraw, "withdraw", false, "withdraw the older keys when it takes over, because one was stolen")
	return c
}
