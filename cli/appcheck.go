package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/appcheck"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/fault"
)

// appChecking are the flags of app check.
type appChecking struct {
	fromServer, noBrowser, draft bool
	roots                        string
}

func (a *app) appCheck() *cobra.Command {
	var f appChecking
	c := &cobra.Command{
		Use: "check HOST", Short: "Look at an app from outside, before it is added: what it needs, and what can't be done", Args: exactly(1, "a host, or an https address"),
		Long: `Ask an app's public pages, without signing in, and say which route it can have, what it needs, what Referee does about it, and what can't be done.
Runs from this machine, and opens the app in a headless Chromium where there is one; --from-server asks from where the gateway asks, without a browser.
What comes after sign-in is not seen.`,
		Example: "  referee app check app.example.com\n  referee app check https://app.example.com/start --make > app.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			report, err := a.checkApp(c.Context(), c, args[0], f)
			if err != nil {
				return err
			}
			switch {
			case f.draft:
				text, err := draftOf(report)
				if err != nil {
					return err
				}
				if a.flags.json {
					return a.printJSON(map[string]any{"text": text})
				}
				return a.say("%s", strings.TrimRight(text, "\n"))
			case a.flags.json:
				return a.printJSON(report)
			}
			return a.say("%s", checkText(report))
		},
	}
	c.Flags().BoolVar(&f.fromServer, "from-server", false, "have the server look, from where the gateway asks")
	c.Flags().BoolVar(&f.noBrowser, "no-browser", false, "leave the headless browser out")
	c.Flags().BoolVar(&f.draft, "make", false, "print an instance with the hosts that were found, to read, complete and add")
	c.Flags().StringVar(&f.roots, "app-ca-file", "", "PEM file of further roots for the app's certificates")
	return c
}

func (a *app) checkApp(ctx context.Context, c *cobra.Command, target string, f appChecking) (*appcheck.Report, error) {
	const op = "app check"
	if _, _, err := appcheck.Target(target); err != nil {
		return nil, err
	}
	if f.fromServer {
		text, err := a.tell(c, http.MethodPost, "/apps/check", nil, map[string]any{"host": target})
		if err != nil {
			return nil, err
		}
		report := &appcheck.Report{}
		if err := json.Unmarshal(text, report); err != nil {
			return nil, fault.As(err, fault.Unavailable, op, "the server's answer")
		}
		return report, nil
	}
	check := &appcheck.Checker{Dial: dialLocal, Now: a.now}
	if !f.noBrowser {
		check.Browser = appcheck.FindBrowser()
	}
	var err error
	if check.Roots, err = rootsOf(f.roots); err != nil {
		return nil, err
	}
	a.note("asking %s; this takes up to 90 seconds", plain(target))
	return check.Check(ctx, target)
}

// marks begin a line, so that it reads without colour.
var marks = map[appcheck.Level]string{appcheck.Good: "ok  ", appcheck.Note: "note", appcheck.Warning: "look", appcheck.Problem: "STOP"}

// checkText is a report for people: the route first.
func checkText(r *appcheck.Report) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", plain(r.Route))
	check := ""
	for i, f := range r.Findings {
		if i == 0 && f.Check == "route" {
			continue
		}
		if f.Check != check {
			line("")
			check = f.Check
		}
		line("%s %-13s %s", marks[f.Level], f.Check, plain(f.Saw))
		line("     %-13s %s", "", plain(f.Does))
	}
	line("\nHosts")
	for _, h := range r.Hosts {
		var uses []string
		for _, u := range h.Uses {
			uses = append(uses, string(u))
		}
		what := string(h.Role)
		switch {
		case h.Never != "":
			what = "never"
		case !h.Own:
			what = "direct"
		}
		line("  %-48s %-8s %s", plain(h.Name), what, strings.Join(uses, ", "))
	}
	return strings.TrimRight(b.String(), "\n")
}

// draftOf makes an instance of what a check found: by the app's profile where there is one, else of the hosts seen.
func draftOf(r *appcheck.Report) (string, error) {
	if p, ok := appprofile.Of(r.App); ok {
		in, missing, err := p.Make(p.ValuesOf(r.Host))
		if err != nil {
			return "", &fault.Error{Kind: fault.Invalid, Op: "app check", Key: r.Host, Msg: "the host doesn't tell all that the profile of " + r.App + " asks for", Help: "referee app make " + r.App + " with values: see referee app profile show " + r.App, Err: err}
		}
		return instanceYAML(p, in, missing)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Made from a look at %s from outside on %s: what comes after sign-in is missing.\n", r.Host, r.Checked.UTC().Format(time.DateOnly))
	for _, f := range r.Findings {
		if f.Level == appcheck.Warning || f.Level == appcheck.Problem {
			fmt.Fprintf(&b, "# - %s %s\n", plain(f.Saw), plain(f.Does))
		}
	}
	id, _, _ := strings.Cut(r.Host, ":")
	id = strings.Trim(strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, id), "-")
	fmt.Fprintf(&b, "id: %s\napp: %s\nname: %s\nroute: sso\nevidence: documentation\nhosts:\n", id, r.App, r.Host)
	app := false
	for _, h := range r.Hosts {
		if !h.Own || h.Never != "" {
			continue
		}
		fmt.Fprintf(&b, "  - {name: %q, role: %s}\n", h.Name, h.Role)
		app = app || h.Role == catalog.RoleApp
	}
	if !app {
		return "", &fault.Error{Kind: fault.Invalid, Op: "app check", Key: r.Host, Msg: "no host of pages was found", Help: "give the address where people open the app"}
	}
	fmt.Fprintf(&b, "# federation is yours to fill in, from the app's settings for single sign-on; see docs/howto/add-app.md.\nfederation:\n  protocol: saml\n  saml: {entityId: \"\", consumers: []}\n")
	return b.String(), nil
}
