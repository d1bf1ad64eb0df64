package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type rolloutAnswer struct {
	Policy, Phase, Confirmed string
	Held                     bool
	Since, Until, AsOf       time.Time
	Waits                    []string
	Steps                    []struct {
		At          time.Time
		To, By, Why string
	}
}

type reportAnswer struct {
	Report struct {
		Policy                  string
		From, Through           time.Time
		Seen, Sessions, Stopped int
		People                  []struct {
			User, Name        string
			Times             int
			Last              time.Time
			Apps, Files, What []string
		}
	}
	Rollout   *rolloutAnswer
	Delivered bool
}

func (a *app) policyStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status ID", Short: "Show where a policy's rollout stands and what it waits for", Args: exactly(1, "the id of a policy"),
		Example: "  referee policy status block-downloads",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/policies/"+url.PathEscape(args[0])+"/rollout", nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(r rolloutAnswer) error {
				if err := a.showRollout(r); err != nil {
					return err
				}
				if age := a.now().Sub(r.AsOf).Truncate(time.Second); age > 0 && len(r.Waits) > 0 {
					a.note("the activity log was read for this %s ago; a status reads it once a minute, a report each time", age)
				}
				t := newTable("WHEN", "PHASE", "BY", "WHY")
				for _, s := range r.Steps {
					t.row(a.when(s.At), s.To, s.By, s.Why)
				}
				return a.print(t)
			})
		},
	}
}

func (a *app) policyReport() *cobra.Command {
	return &cobra.Command{
		Use: "report ID", Short: "Read who a policy would have stopped", Args: exactly(1, "the id of a policy"),
		Long:    "Read a policy's report. Reading it is recorded; read by an operator or administrator, it counts as delivered, which the rollout waits for.",
		Example: "  referee policy report block-downloads",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/policies/"+url.PathEscape(args[0])+"/report", nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, a.showReport)
		},
	}
}

func (a *app) showReport(r reportAnswer) error {
	p := r.Report
	if err := a.say("%s: %d activities in %d sessions seen, %s to %s", p.Policy, p.Seen, p.Sessions, a.when(p.From), a.when(p.Through)); err != nil {
		return err
	}
	if err := a.say("%d would have been stopped, of %d people", p.Stopped, len(p.People)); err != nil {
		return err
	}
	if len(p.People) > 0 {
		t := newTable("WHO", "TIMES", "LAST", "WHAT", "APPS", "FILES")
		for _, who := range p.People {
			t.row(first(who.Name, who.User), fmt.Sprint(who.Times), a.when(who.Last), strings.Join(who.What, ", "), strings.Join(who.Apps, ", "), dash(strings.Join(who.Files, ", ")))
		}
		if err := a.print(t); err != nil {
			return err
		}
	}
	if !r.Delivered {
		a.note("this reading does not count for the rollout: it takes the role operator")
	}
	if r.Rollout != nil {
		return a.showRollout(*r.Rollout)
	}
	return nil
}

func (a *app) showRollout(r rolloutAnswer) error {
	if err := a.say("phase %s since %s", r.Phase, a.when(r.Since)); err != nil {
		return err
	}
	for _, w := range r.Waits {
		if err := a.say("  waits: %s", w); err != nil {
			return err
		}
	}
	if !r.Until.IsZero() {
		return a.say("  not before %s", a.when(r.Until))
	}
	return nil
}

func (a *app) policyMove(verb, short, example string) *cobra.Command {
	why := ""
	sample := "  referee policy " + verb + " block-downloads"
	if example != "" {
		sample += " --why '" + example + "'"
	}
	c := &cobra.Command{
		Use: verb + " ID", Short: short, Args: exactly(1, "the id of a policy"), Example: sample,
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]string{}
			if why != "" {
				body["why"] = why
			}
			text, err := a.tell(c, http.MethodPost, "/policies/"+url.PathEscape(args[0])+"/"+verb, nil, body)
			if err != nil {
				return err
			}
			return show(a, text, a.showRollout)
		},
	}
	if example != "" {
		c.Flags().StringVar(&why, "why", "", "reason, kept with the rollout")
	}
	return c
}
