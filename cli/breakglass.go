package cli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/signin/undo"
)

func (a *app) breakGlassCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "breakglass", Short: "Prepare for the day when Referee or a provider fails, and get by on it",
		Long: "Name accounts that sign in without Referee, keep a plan of how to take apps back, and go round the gateway for a time. See docs/howto/break-glass.md.",
	}
	account := &cobra.Command{Use: "account", Short: "Name the accounts that get in without Referee"}
	account.AddCommand(a.accountAdd(), a.accountList(), a.accountTested(), a.accountRemove())
	bypass := &cobra.Command{Use: "bypass", Short: "Let people go straight to apps for a time, without session control"}
	bypass.AddCommand(a.bypassStart(), a.bypassList(), a.bypassEnd())
	groups(account)
	groups(bypass)
	c.AddCommand(a.breakGlassPlan(), bypass, account)
	return c
}

type accountRow struct {
	Name   string `json:"name"`
	At     string `json:"at"`
	Note   string `json:"note,omitempty"`
	Tested string `json:"tested,omitempty"`
}

// accounts changes the tenant's accounts: it reads all, lets change work on them, and stores them.
func (a *app) accounts(c *cobra.Command, change func([]accountRow) ([]accountRow, error)) ([]byte, error) {
	text, err := a.tell(c, http.MethodGet, "", nil, nil)
	if err != nil {
		return nil, err
	}
	var t struct {
		BreakGlass struct{ Accounts []accountRow }
	}
	if err := decodeJSON(text, &t); err != nil {
		return nil, err
	}
	list, err := change(slices.Clone(t.BreakGlass.Accounts))
	if err != nil {
		return nil, err
	}
	if list == nil {
		list = []accountRow{}
	}
	return a.tell(c, http.MethodPut, "/break-glass/accounts", nil, map[string]any{"accounts": list})
}

func find(list []accountRow, name string) (int, error) {
	i := slices.IndexFunc(list, func(r accountRow) bool { return strings.EqualFold(r.Name, name) })
	if i < 0 {
		return i, &fault.Error{Kind: fault.NotFound, Op: "breakglass account", Key: name, Msg: "is not among the accounts", Help: "list them with referee breakglass account list"}
	}
	return i, nil
}

func (a *app) accountAdd() *cobra.Command {
	var at, note string
	c := &cobra.Command{
		Use: "add NAME", Short: "Name an account that signs in without Referee", Args: exactly(1, "a sign-in name"),
		Long: `Name an administrator's account of the provider or an app, with a secret of its own that is kept off-line. Referee
keeps the name only. Two are needed before an app is routed through Referee. An account that signs in at Referee, or in
a domain that is federated to it, is refused.`,
		Example: "  referee breakglass account add breakglass1@contoso.onmicrosoft.com --at https://entra.microsoft.com --note 'security key 1, safe in the office'",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.accounts(c, func(list []accountRow) ([]accountRow, error) {
				return append(list, accountRow{Name: args[0], At: at, Note: note}), nil
			})
			if err != nil {
				return err
			}
			return show(a, text, func(r struct{ Accounts []accountRow }) error {
				return a.say("%s is named; %d accounts. Try it, then: referee breakglass account tested %s", args[0], len(r.Accounts), args[0])
			})
		},
	}
	c.Flags().StringVar(&at, "at", "", "https address where it signs in")
	c.Flags().StringVar(&note, "note", "", "where its secret is kept and who may open it; never the secret")
	return c
}

func (a *app) accountList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the break-glass accounts", Args: cobra.NoArgs, Example: "  referee breakglass account list",
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := a.tell(c, http.MethodGet, "/status", nil, nil)
			if err != nil {
				return err
			}
			var s struct{ Accounts []accountRow }
			if err := decodeJSON(text, &s); err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"accounts": s.Accounts})
			}
			return a.printAccounts(s.Accounts)
		},
	}
}

func (a *app) printAccounts(list []accountRow) error {
	t := newTable("ACCOUNT", "SIGNS IN AT", "TESTED", "NOTE")
	for _, r := range list {
		t.row(r.Name, r.At, dash(r.Tested), dash(r.Note))
	}
	return a.print(t)
}

func (a *app) accountTested() *cobra.Command {
	return &cobra.Command{
		Use: "tested NAME", Short: "Write down that an account was tried today", Args: exactly(1, "a sign-in name"),
		Example: "  referee breakglass account tested breakglass1@contoso.onmicrosoft.com",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.accounts(c, func(list []accountRow) ([]accountRow, error) {
				i, err := find(list, args[0])
				if err == nil {
					list[i].Tested = a.now().In(a.zone).Format(time.DateOnly)
				}
				return list, err
			})
			if err != nil {
				return err
			}
			return show(a, text, func(struct{}) error { return a.say("%s was tried today", args[0]) })
		},
	}
}

func (a *app) accountRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Forget a break-glass account", Args: exactly(1, "a sign-in name"), Example: "  referee breakglass account remove breakglass1@contoso.onmicrosoft.com",
		RunE: func(c *cobra.Command, args []string) error {
			_, err := a.accounts(c, func(list []accountRow) ([]accountRow, error) {
				i, err := find(list, args[0])
				if err != nil {
					return nil, err
				}
				return slices.Delete(list, i, i+1), nil
			})
			if err != nil {
				return err
			}
			return a.gone(args[0], "removed")
		},
	}
}

// bypassRow is a bypass as the API answers it.
type bypassRow struct {
	ID, App, Reason, By, EndedBy string
	Also                         []string
	Begun, Ends, Ended           time.Time
	Live                         bool
}

// apps names what a bypass is for.
func (b *bypassRow) apps() string {
	return strings.Join(append([]string{orAll(b.App)}, b.Also...), ", ")
}

// begunBypass is the answer to its beginning.
type begunBypass struct {
	bypassRow
	Covers []struct {
		App, Name   string
		SessionsEnd bool
	}
}

// afterwards says what is over when a bypass is, and what goes on.
func (b *begunBypass) afterwards() string {
	var ends, stay []string
	for _, c := range b.Covers {
		if c.SessionsEnd {
			ends = append(ends, c.Name)
		} else {
			stay = append(stay, c.Name)
		}
	}
	text := ""
	if len(ends) > 0 {
		text += "\nWhen it is over, sessions that began under it are ended at: " + strings.Join(ends, ", ") + "."
	}
	if len(stay) > 0 {
		text += "\nSessions that begin under it last as long as the app lets them, without session control: " + strings.Join(stay, ", ") +
			". These apps can't be told (SAML, Microsoft 365, or no back-channel logout address): end them in the app."
	}
	return text
}

func (a *app) bypassStart() *cobra.Command {
	var instance, reason, life string
	c := &cobra.Command{
		Use: "start", Short: "Go round the gateway, for one app or all", Args: cobra.NoArgs,
		Long: `Sign-ins go straight to the app, without session control: nothing is monitored or blocked inside it. Conditional
Access still decides who gets in. It takes the role admin, is told in the activity log and in every status, and ends by
itself after 24 hours at most. Apps that sign in together, as those of Microsoft 365 do, go round together. The answer
says which apps' sessions end with the bypass, and which last as long as the app lets them. Referee's sign-in must answer; where it does not, follow referee breakglass plan.`,
		Example: "  referee breakglass bypass start --app files --for 2h --reason 'the app shows white pages behind the gateway'",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := span(life)
			if err != nil {
				return err
			}
			body := map[string]any{"reason": reason, "for": d.String()}
			if instance != "" {
				body["app"] = instance
			}
			text, err := a.tell(c, http.MethodPost, "/break-glass/bypasses", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, func(b begunBypass) error {
				return a.say("%s %s, until %s. End it sooner: referee breakglass bypass end %s%s", a.paint("31", "session control is OFF for"), b.apps(), a.when(b.Ends), b.ID, b.afterwards())
			})
		},
	}
	c.Flags().StringVar(&instance, "app", "", "id of the app instance; all the tenant's apps when left out")
	c.Flags().StringVar(&reason, "reason", "", "what is broken; kept with the bypass")
	c.Flags().StringVar(&life, "for", "1h", "how long, 24h at most")
	return c
}

func orAll(id string) string {
	if id == "" {
		return "all apps"
	}
	return id
}

func (a *app) bypassList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List bypasses, the newest first", Args: cobra.NoArgs, Example: "  referee breakglass bypass list",
		RunE: a.listing("/break-glass/bypasses", func(text []byte) error {
			return show(a, text, func(l items[bypassRow]) error { return a.printBypasses(l.Items) })
		}),
	}
}

func (a *app) printBypasses(list []bypassRow) error {
	t := newTable("ID", "APP", "BEGUN", "ENDS", "STATE", "BY", "REASON")
	for _, b := range list {
		state, ends := "over", b.Ends
		if b.Live {
			state = a.paint("31", "LIVE")
		} else if !b.Ended.IsZero() {
			state, ends = "ended by "+b.EndedBy, b.Ended
		}
		t.row(b.ID, b.apps(), a.when(b.Begun), a.when(ends), state, b.By, b.Reason)
	}
	return a.print(t)
}

func (a *app) bypassEnd() *cobra.Command {
	return &cobra.Command{
		Use: "end ID", Short: "End a bypass before its time", Args: exactly(1, "the id of a bypass"), Example: "  referee breakglass bypass end bp-0123456789abcdef",
		Long: "Sessions that went straight to an app under it are ended, where the app can be told; other apps end their own sessions when they do.",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodPost, "/break-glass/bypasses/"+url.PathEscape(args[0])+"/end", nil, map[string]any{})
			if err != nil {
				return err
			}
			return show(a, text, func(b bypassRow) error {
				return a.say("%s is over: session control is on again for %s", b.ID, b.apps())
			})
		},
	}
}

func (a *app) breakGlassPlan() *cobra.Command {
	var instance, file string
	c := &cobra.Command{
		Use: "plan", Short: "Write down how to take apps back from Referee", Args: cobra.NoArgs,
		Long: `Print, from the tenant's own settings, what to set back at each app, at the providers and in DNS, and what to tell
people. Make it anew after changes and keep it where it can be read when Referee can't: on paper, or with the
break-glass accounts. It holds no secret.`,
		Example: "  referee breakglass plan --file break-glass.md\n  referee breakglass plan --app files --json",
		RunE: func(c *cobra.Command, _ []string) error {
			q := url.Values{}
			if instance != "" {
				q.Set("app", instance)
			}
			text, err := a.tell(c, http.MethodGet, "/break-glass/plan", q, nil)
			if err != nil {
				return err
			}
			var p undo.Plan
			if err := decodeJSON(text, &p); err != nil {
				return err
			}
			if file == "" {
				return show(a, text, func(struct{}) error { return a.say("%s", strings.TrimSuffix(p.Markdown(), "\n")) })
			}
			out := []byte(p.Markdown())
			if a.flags.json {
				if out, err = json.MarshalIndent(p, "", "  "); err != nil {
					return fault.As(err, fault.Internal, "cli.plan", file)
				}
				out = append(out, '\n')
			}
			if err := replace(file, out); err != nil {
				return err
			}
			a.note("%s is written; keep it where it can be read when Referee can't", file)
			return nil
		},
	}
	c.Flags().StringVar(&instance, "app", "", "id of one app instance; all when left out")
	c.Flags().StringVar(&file, "file", "", "write it to this file, in the place of an older plan; with --json as JSON")
	return c
}

// replace writes a file whole, or leaves what was there.
func replace(file string, text []byte) error {
	const op = "cli.replace"
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fault.As(err, fault.Invalid, op, file)
	}
	_, err = tmp.Write(text)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // what is left of it is no use
	}
	return fault.As(err, fault.Invalid, op, file)
}
