package cli

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

func (a *app) sessionCommand() *cobra.Command {
	c := &cobra.Command{Use: "session", Short: "Show and end people's sessions"}
	c.AddCommand(a.sessionList(), a.sessionRevoke())
	return c
}

func (a *app) sessionList() *cobra.Command {
	user, all := "", false
	c := &cobra.Command{Use: "list", Short: "List sign-in sessions, the newest first", Args: cobra.NoArgs, Example: "  referee session list --user dora@contoso.com"}
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
		if all {
			q.Set("all", "true")
		}
		text, err := cl.all(c.Context(), mine+"/sessions", q, 0)
		if err != nil {
			return err
		}
		return show(a, text, func(l items[struct {
			ID, Reason                 string
			User                       struct{ ID, Username string }
			Created, LastSeen, Revoked time.Time
			Live                       bool
			Device                     []string
			Network                    struct{ Address, Country string }
			Agent                      struct{ Browser, OS string }
		}],
		) error {
			t := newTable("ID", "WHO", "USER ID", "SIGNED IN", "LAST SEEN", "STATE", "DEVICE", "FROM", "AGENT")
			for _, s := range l.Items {
				state := "live"
				switch {
				case !s.Revoked.IsZero():
					state = "revoked: " + s.Reason
				case !s.Live:
					state = "over"
				}
				t.row(s.ID, s.User.Username, s.User.ID, a.when(s.Created), a.when(s.LastSeen), state, strings.Join(s.Device, ", "),
					dash(strings.TrimSpace(s.Network.Address+" "+s.Network.Country)), dash(strings.TrimSpace(s.Agent.Browser+" "+s.Agent.OS)))
			}
			return a.print(t)
		})
	}
	c.Flags().StringVar(&user, "user", "", "only this person's, by sign-in name or id")
	c.Flags().BoolVar(&all, "all", false, "also sessions that are over")
	return c
}

func (a *app) sessionRevoke() *cobra.Command {
	user, everybody, reason := "", false, ""
	c := &cobra.Command{
		Use: "revoke [ID]", Short: "End a session, all of a person's, or everybody's",
		Long:    "End sessions on every gateway within a second; live transfers and WebSockets are cut.",
		Example: "  referee session revoke --user dora@contoso.com --reason 'laptop lost'\n  referee session revoke --everybody",
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]any{}
			if reason != "" {
				body["reason"] = reason
			}
			switch {
			case len(args) == 1 && user == "" && !everybody:
				body["session"] = args[0]
			case len(args) == 0 && user != "" && !everybody:
				body["user"] = user
			case len(args) == 0 && user == "" && everybody:
				body["all"] = true
			default:
				return &fault.Error{Kind: fault.Invalid, Op: "session revoke", Msg: "takes a session's id, --user or --everybody: exactly one of them"}
			}
			text, err := a.tell(c, http.MethodPost, "/sessions/revoke", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, func(r struct{ Ended int }) error {
				if r.Ended == 1 {
					return a.say("1 live session ended")
				}
				return a.say("%d live sessions ended", r.Ended)
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "all sessions of a person, by sign-in name or id")
	c.Flags().BoolVar(&everybody, "everybody", false, "all sessions of the tenant")
	c.Flags().StringVar(&reason, "reason", "", "why, kept with the sessions")
	return c
}
