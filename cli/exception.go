package cli

import (
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

type exceptionRow struct {
	ID, User, Group, App, Policy, Reason, Reference, State, Requester, Approver, Answer string
	Requested, Decided, Expires                                                         time.Time
	Live                                                                                bool
}

func (e *exceptionRow) state(now time.Time) string {
	if e.State == "approved" && !now.Before(e.Expires) {
		return "expired"
	}
	return e.State
}

func (a *app) exceptionCommand() *cobra.Command {
	c := &cobra.Command{Use: "exception", Short: "Grant, decide and end exceptions from policies"}
	c.AddCommand(a.exceptionAdd(), a.exceptionList(),
		a.exceptionDecide("approve", "Approve a requested exception"), a.exceptionDecide("refuse", "Refuse a requested exception"), a.exceptionDecide("end", "End an exception before its time"))
	return c
}

func (a *app) exceptionList() *cobra.Command {
	state := ""
	c := &cobra.Command{Use: "list", Short: "List exceptions, the newest request first", Args: cobra.NoArgs, Example: "  referee exception list --state requested"}
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
		if state != "" {
			q.Set("state", state)
		}
		text, err := cl.all(c.Context(), mine+"/exceptions", q, 0)
		if err != nil {
			return err
		}
		return show(a, text, func(l items[exceptionRow]) error {
			t := newTable("ID", "FOR", "POLICY", "APP", "STATE", "EXPIRES", "ASKED BY", "DECIDED BY", "REASON")
			for _, e := range l.Items {
				who := e.User
				if e.Group != "" {
					who = "group " + e.Group
				}
				t.row(e.ID, who, e.Policy, e.App, e.state(a.now()), a.when(e.Expires), e.Requester, dash(e.Approver), e.Reason)
			}
			return a.print(t)
		})
	}
	c.Flags().StringVar(&state, "state", "", "only those in this state: requested, approved, refused or ended")
	return c
}

func (a *app) exceptionAdd() *cobra.Command {
	var user, group, appKey, policy, reason, expires, reference string
	c := &cobra.Command{
		Use: "add", Short: "Grant an exception", Args: cobra.NoArgs,
		Long:    "Let one person or group pass one policy's gate at one app until the exception ends. What they do is recorded as before.",
		Example: "  referee exception add --user dora@contoso.com --app onedrive --policy block-downloads --expires 7d --reason 'board meeting abroad'",
		RunE: func(c *cobra.Command, _ []string) error {
			end, err := a.ahead(expires)
			if err != nil {
				return err
			}
			if end.IsZero() {
				return &fault.Error{Kind: fault.Invalid, Op: "exception add", Msg: "--expires is missing: an exception always ends"}
			}
			body := map[string]any{"app": appKey, "policy": policy, "reason": reason, "expires": end}
			for key, v := range map[string]string{"user": user, "group": group, "reference": reference} {
				if v != "" {
					body[key] = v
				}
			}
			text, err := a.tell(c, http.MethodPost, "/exceptions", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, a.showException)
		},
	}
	f := c.Flags()
	f.StringVar(&user, "user", "", "id or sign-in name of a person, or")
	f.StringVar(&group, "group", "", "a group")
	f.StringVar(&appKey, "app", "", "key of an app or suite, or id of an instance")
	f.StringVar(&policy, "policy", "", "id of the policy")
	f.StringVar(&reason, "reason", "", "why")
	f.StringVar(&expires, "expires", "", "when it ends: 7d, or a date")
	f.StringVar(&reference, "reference", "", "code of the blocked action behind it")
	return c
}

func (a *app) showException(e exceptionRow) error {
	return a.say("%s is %s, until %s", e.ID, e.state(a.now()), a.when(e.Expires))
}

func (a *app) exceptionDecide(verb, short string) *cobra.Command {
	var answer, expires string
	sample := "  referee exception " + verb + " ex-k7qm2t9x"
	switch verb {
	case "approve":
		sample += " --expires 3d"
	case "end":
		sample += " --answer 'the laptop is back'"
	default:
		sample += " --answer 'use the shared folder'"
	}
	c := &cobra.Command{
		Use: verb + " ID", Short: short, Args: exactly(1, "the id of an exception"), Example: sample,
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]any{}
			if answer != "" {
				body["answer"] = answer
			}
			end, err := a.ahead(expires)
			if err != nil {
				return err
			}
			if !end.IsZero() {
				body["expires"] = end
			}
			text, err := a.tell(c, http.MethodPost, "/exceptions/"+url.PathEscape(args[0])+"/"+verb, nil, body)
			if err != nil {
				return err
			}
			return show(a, text, a.showException)
		},
	}
	if verb == "approve" {
		c.Flags().StringVar(&expires, "expires", "", "another end than was asked for: 3d, or a date")
	} else {
		c.Flags().StringVar(&answer, "answer", "", "what to tell, and keep")
	}
	return c
}
