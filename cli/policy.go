package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/policy"
)

// span reads a duration as policies write it: 7d, 1d12h, 90m.
func span(s string) (time.Duration, error) {
	d, ok := policy.ParseDuration(s)
	if !ok {
		return 0, &fault.Error{Kind: fault.Invalid, Op: "duration", Key: s, Msg: "is not a duration", Help: "write it such as 7d, 24h or 90m"}
	}
	return d, nil
}

func (a *app) policyCommand() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "Write, check, try, apply and roll out policies"}
	c.AddCommand(a.policyValidate(), a.policyLint(), a.policyApply(), a.policyList(), a.policyGet(), a.policyHistory(), a.policyReplay(), a.policyWhatIf(), a.policyImport(), a.policyExport(), a.policyStatus(), a.policyReport(),
		a.policyMove("flip", "Put a policy into force now", "sales asked for it"), a.policyMove("back", "Put a policy back to its monitor phase", "it stops too much"),
		a.policyMove("confirm", "Confirm how many people a policy will stop, and let its rollout go on", ""), a.policyDelete())
	return c
}

type policyRow struct {
	ID, Kind, Name, State, Action, Phase, Author, Comment string
	Revision                                              int64
	Time, Since                                           time.Time
	Held                                                  bool
}

func (p *policyRow) phase() string {
	switch {
	case p.State != "" && p.State != "enabled":
		return p.State
	case p.Held:
		return p.Phase + ", held"
	case p.Phase == "":
		return "enforce"
	}
	return p.Phase
}

func (a *app) policyList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List policies and their phases", Args: cobra.NoArgs, Example: "  referee policy list\n  referee policy list --json",
		RunE: a.listing("/policies", func(text []byte) error {
			return show(a, text, func(l items[policyRow]) error {
				t := newTable("ID", "KIND", "NAME", "ACTION", "PHASE", "REV", "CHANGED", "BY")
				for _, p := range l.Items {
					t.row(p.ID, p.Kind, p.Name, p.Action, p.phase(), fmt.Sprint(p.Revision), a.when(p.Time), p.Author)
				}
				return a.print(t)
			})
		}),
	}
}

// listing makes the run function of a command that shows a whole list of the tenant.
func (a *app) listing(path string, render func([]byte) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		cl, err := a.connect()
		if err != nil {
			return err
		}
		mine, err := cl.mine(c.Context())
		if err != nil {
			return err
		}
		text, err := cl.all(c.Context(), mine+path, nil, 0)
		if err != nil {
			return err
		}
		return render(text)
	}
}

// tell asks about something of the tenant; path begins with a slash.
func (a *app) tell(c *cobra.Command, method, path string, query url.Values, body any) ([]byte, error) {
	cl, err := a.connect()
	if err != nil {
		return nil, err
	}
	mine, err := cl.mine(c.Context())
	if err != nil {
		return nil, err
	}
	return cl.ask(c.Context(), method, mine+path, query, body)
}

func (a *app) policyGet() *cobra.Command {
	return &cobra.Command{
		Use: "get ID", Short: "Print a policy's document", Args: exactly(1, "the id of a policy"), Example: "  referee policy get block-downloads > block-downloads.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/policies/"+url.PathEscape(args[0]), nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(p struct{ Text string }) error { return a.say("%s", strings.TrimRight(p.Text, "\n")) })
		},
	}
}

func (a *app) policyHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history ID", Short: "List a policy's revisions", Args: exactly(1, "the id of a policy"), Example: "  referee policy history block-downloads",
		RunE: func(c *cobra.Command, args []string) error {
			return a.revisions("/policies/"+url.PathEscape(args[0])+"/history")(c, nil)
		},
	}
}

// revisions makes the run function of a command that lists what versions a document had.
func (a *app) revisions(path string) func(*cobra.Command, []string) error {
	return a.listing(path, func(text []byte) error {
		return show(a, text, func(l items[struct {
			Revision      int64
			Name, Author  string
			Comment, Text string
			Time          time.Time
			Deleted       bool
		}],
		) error {
			t := newTable("REV", "CHANGED", "BY", "NAME", "COMMENT")
			for _, r := range l.Items {
				name := r.Name
				if r.Deleted {
					name = "(deleted)"
				}
				t.row(fmt.Sprint(r.Revision), a.when(r.Time), r.Author, name, dash(r.Comment))
			}
			return a.print(t)
		})
	})
}

func (a *app) policyApply() *cobra.Command {
	var dry, force bool
	comment := ""
	c := &cobra.Command{
		Use: "apply FILE...", Short: "Apply policy documents", Args: some("files or folders; - reads standard input"),
		Long:    "Apply every document in the files, all or none. What did not change keeps its revision. Errors of the lint stop it, unless --force is given.",
		Example: "  referee policy apply --dry-run policies/\n  referee policy apply --comment 'ticket 4711' onedrive.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			files, err := a.readDocuments(args)
			if err != nil {
				return err
			}
			text, err := a.tell(c, http.MethodPost, "/policies/apply", nil, map[string]any{"files": files, "dryRun": dry, "force": force, "comment": comment})
			if err != nil {
				return err
			}
			return show(a, text, a.showApplied(dry))
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, and do nothing")
	c.Flags().BoolVar(&force, "force", false, "apply in spite of lint errors")
	c.Flags().StringVar(&comment, "comment", "", "why, for the history")
	return c
}

type applied struct {
	Applied   bool
	Documents []struct {
		ID, Kind, Name, Change, Phase string
		Revision                      int64
	}
	Findings []findingRow
}

func (a *app) showApplied(dry bool) func(applied) error {
	return func(r applied) error {
		t := newTable("ID", "KIND", "NAME", "CHANGE", "REV", "PHASE")
		for _, d := range r.Documents {
			t.row(d.ID, d.Kind, d.Name, d.Change, fmt.Sprint(d.Revision), dash(d.Phase))
		}
		if err := a.print(t); err != nil {
			return err
		}
		a.showFindings(r.Findings)
		switch {
		case dry:
			a.note("nothing was stored: a dry run")
		case !r.Applied:
			a.note("nothing had changed")
		}
		return nil
	}
}

func (a *app) policyDelete() *cobra.Command {
	comment := ""
	c := &cobra.Command{
		Use: "delete ID", Short: "Delete a policy; its history stays", Args: exactly(1, "the id of a policy"), Example: "  referee policy delete block-downloads --comment 'replaced'",
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{}
			if comment != "" {
				q.Set("comment", comment)
			}
			if _, err := a.tell(c, http.MethodDelete, "/policies/"+url.PathEscape(args[0]), q, nil); err != nil {
				return err
			}
			return a.gone(args[0], "deleted")
		},
	}
	c.Flags().StringVar(&comment, "comment", "", "why, for the history")
	return c
}

func (a *app) policyReplay() *cobra.Command {
	from, to := "7d", ""
	c := &cobra.Command{
		Use: "replay FILE...", Short: "Say what documents would have changed, by replaying recorded activities", Args: some("files or folders"),
		Example: "  referee policy replay --from 30d draft.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			files, err := a.readDocuments(args)
			if err != nil {
				return err
			}
			body := map[string]any{"files": files}
			for key, s := range map[string]string{"from": from, "to": to} {
				t, err := a.ago(s)
				if err != nil {
					return err
				}
				if !t.IsZero() {
					body[key] = t
				}
			}
			a.note("replaying ...")
			text, err := a.tell(c, http.MethodPost, "/policies/replay", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, a.showReplay)
		},
	}
	c.Flags().StringVar(&from, "from", from, "how far back, or since when")
	c.Flags().StringVar(&to, "to", "", "until when; now without it")
	return c
}

type replayed struct {
	Seen, Replayed, Stricter, Looser, Guessed int
	From, Through                             time.Time
	People                                    []string
	Changes                                   []struct {
		Time                                     time.Time
		User, App, Type, File, Before, After, By string
		Guessed                                  bool
	}
}

func (a *app) showReplay(r replayed) error {
	if err := a.say("%d activities, %s to %s; policies decide on %d of them", r.Seen, a.when(r.From), a.when(r.Through), r.Replayed); err != nil {
		return err
	}
	if err := a.say("%d would have been treated more strictly, of %d people; %d less strictly", r.Stricter, len(r.People), r.Looser); err != nil {
		return err
	}
	if r.Guessed > 0 {
		a.note("%d of these rest on a fact that was not recorded", r.Guessed)
	}
	if len(r.Changes) == 0 {
		return nil
	}
	t := newTable("WHEN", "WHO", "WHAT", "APP", "FILE", "BEFORE", "AFTER", "BY")
	for _, c := range r.Changes {
		after := c.After
		if c.Guessed {
			after += " (guess)"
		}
		t.row(a.when(c.Time), c.User, c.Type, c.App, dash(c.File), c.Before, after, c.By)
	}
	return a.print(t)
}
