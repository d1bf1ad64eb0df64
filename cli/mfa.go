package cli

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) mfaCommand() *cobra.Command {
	c := &cobra.Command{Use: "mfa", Short: "Show and reset people's own second factors"}
	c.AddCommand(a.mfaList(), a.mfaReset())
	return c
}

func (a *app) mfaList() *cobra.Command {
	user := ""
	c := &cobra.Command{Use: "list", Short: "List passkeys, authenticator apps and recovery codes", Args: cobra.NoArgs, Example: "  referee mfa list --user dora@contoso.com"}
	c.RunE = func(c *cobra.Command, _ []string) error {
		cl, err := a.connect()
		if err != nil {
			return err
		}
		mine, err := cl.mine(c.Context())
		if err != nil {
			return err
		}
		q := url.Values{}
		if user != "" {
			q.Set("user", user)
		}
		text, err := cl.all(c.Context(), mine+"/mfa", q, 0)
		if err != nil {
			return err
		}
		return show(a, text, func(l items[struct {
			ID, User, Username, Kind, Name string
			Created, Used, Locked          time.Time
			Left                           int
			Cloned                         bool
		}],
		) error {
			t := newTable("ID", "WHO", "USER ID", "KIND", "NAME", "SINCE", "LAST USED", "STATE")
			for _, f := range l.Items {
				state := ""
				switch {
				case f.Cloned:
					state = "refused: a copy may exist"
				case f.Locked.After(a.now()):
					state = "locked until " + a.when(f.Locked)
				case f.Left > 0:
					state = strconv.Itoa(f.Left) + " left"
				}
				used := ""
				if !f.Used.IsZero() {
					used = a.when(f.Used)
				}
				t.row(f.ID, f.Username, f.User, f.Kind, dash(f.Name), a.when(f.Created), dash(used), dash(state))
			}
			return a.print(t)
		})
	}
	c.Flags().StringVar(&user, "user", "", "only this person's, by sign-in name or id")
	return c
}

func (a *app) mfaReset() *cobra.Command {
	one, reason := "", ""
	c := &cobra.Command{
		Use: "reset USER", Short: "Remove a person's second factors", Args: exactly(1, "a person's sign-in name or id"),
		Long:    "Remove a person's passkeys, authenticator app and recovery codes. They set up new ones at their next step-up, after a fresh sign-in at the identity provider. Make sure first that it is they who ask.",
		Example: "  referee mfa reset dora@contoso.com --reason 'telephone lost, known by voice'\n  referee mfa reset dora@contoso.com --factor 3kq7xq0t",
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		body := map[string]any{"user": args[0]}
		if one != "" {
			body["factor"] = one
		}
		if reason != "" {
			body["reason"] = reason
		}
		text, err := a.tell(c, http.MethodPost, "/mfa/reset", nil, body)
		if err != nil {
			return err
		}
		return show(a, text, func(r struct{ Removed int }) error {
			if r.Removed == 1 {
				return a.say("1 factor removed")
			}
			return a.say("%d factors removed", r.Removed)
		})
	}
	c.Flags().StringVar(&one, "factor", "", "only this one, by id")
	c.Flags().StringVar(&reason, "reason", "", "why, kept in the activity log")
	return c
}
