package cli

import (
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

func (a *app) tokenCommand() *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Manage the tokens of the API"}
	everywhere := false
	c.PersistentFlags().BoolVar(&everywhere, "installation", false, "tokens of the whole installation instead of the tenant's")
	// where returns the path of the tokens meant.
	where := func(c *cobra.Command) (*client, string, error) {
		cl, err := a.connect()
		if err != nil || everywhere {
			return cl, "/tokens", err
		}
		mine, err := cl.mine(c.Context())
		return cl, mine + "/tokens", err
	}
	c.AddCommand(a.tokenAdd(where), &cobra.Command{
		Use: "list", Short: "List tokens", Args: cobra.NoArgs, Example: "  referee token list",
		RunE: func(c *cobra.Command, _ []string) error {
			cl, path, err := where(c)
			if err != nil {
				return err
			}
			text, err := cl.all(c.Context(), path, nil, 0)
			if err != nil {
				return err
			}
			return show(a, text, func(l items[struct {
				ID, Name, Tenant, Role, CreatedBy string
				Created, Expires, LastUsed        time.Time
			}],
			) error {
				t := newTable("ID", "NAME", "ROLE", "MADE", "BY", "EXPIRES", "LAST USED")
				for _, v := range l.Items {
					expires := "never"
					if !v.Expires.IsZero() {
						expires = a.when(v.Expires)
					}
					t.row(v.ID, v.Name, v.Role, a.when(v.Created), v.CreatedBy, expires, a.when(v.LastUsed))
				}
				return a.print(t)
			})
		},
	}, &cobra.Command{
		Use: "revoke ID", Short: "Revoke a token", Args: exactly(1, "the id of a token"), Example: "  referee token revoke tok-0123456789abcdef",
		RunE: func(c *cobra.Command, args []string) error {
			cl, path, err := where(c)
			if err != nil {
				return err
			}
			if _, err := cl.ask(c.Context(), http.MethodDelete, path+"/"+url.PathEscape(args[0]), nil, nil); err != nil {
				return err
			}
			return a.gone(args[0], "revoked")
		},
	})
	return c
}

func (a *app) tokenAdd(where func(*cobra.Command) (*client, string, error)) *cobra.Command {
	role, expires, file := "reader", "", ""
	c := &cobra.Command{
		Use: "add NAME", Short: "Make a token", Args: exactly(1, "a name for the token: who or what it is for"),
		Long:    "Make a token and print its secret, once. Roles: reader (policies and settings), analyst (also activities and sessions), operator (also changes policies, exceptions and apps, ends sessions), admin (also tenants and tokens). Beside them, devices: a management system's, which posts what it knows of devices and nothing else.",
		Example: "  referee token add siem --role analyst --expires 90d --output siem.token",
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]any{"name": args[0], "role": role}
			end, err := a.ahead(expires)
			if err != nil {
				return err
			}
			if !end.IsZero() {
				body["expires"] = end
			}
			cl, path, err := where(c)
			if err != nil {
				return err
			}
			var f *os.File
			if file != "" { // before the token is made: a secret that can't be kept is lost
				if f, err = os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
					return &fault.Error{Kind: fault.Invalid, Op: "token add", Key: file, Msg: "can't be made", Help: "name a file that does not exist yet", Err: err}
				}
				defer f.Close()
			}
			text, err := cl.ask(c.Context(), http.MethodPost, path, nil, body)
			if err != nil {
				if f != nil {
					_ = os.Remove(file) // empty, and of no use
				}
				return err
			}
			var made struct{ ID, Secret string }
			if err := decodeJSON(text, &made); err != nil {
				return err
			}
			switch {
			case f != nil:
				if _, err := f.WriteString(made.Secret + "\n"); err != nil {
					return fault.As(err, fault.Unavailable, "token add", file)
				}
				if a.flags.json {
					return a.printJSON(map[string]string{"id": made.ID, "output": file})
				}
				return a.say("%s is made; its secret is in %s", made.ID, file)
			case a.flags.json:
				return a.printRaw(text)
			}
			a.note("%s is made; this is its secret, shown only now:", made.ID)
			return a.say("%s", made.Secret)
		},
	}
	c.Flags().StringVar(&role, "role", role, "reader, analyst, operator, admin, or devices")
	c.Flags().StringVar(&expires, "expires", "", "when it ends: 90d, or a date; never without it")
	c.Flags().StringVarP(&file, "output", "o", "", "file to write the secret to, readable by you alone")
	return c
}
