package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

func (a *app) dlpEvidence() *cobra.Command {
	return &cobra.Command{
		Use: "evidence ACTIVITY", Short: "Show what was found in an activity's content, masked", Args: exactly(1, "the id of an activity"),
		Long:    "Show the places that matched, masked, with the text around them. It takes the role analyst, and each look is recorded as an activity. What is kept, and how long, is the tenant's choice: referee dlp evidence-setting.",
		Example: "  referee dlp evidence 0192f7c2a1b84d5e",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/dlp/evidence/"+url.PathEscape(args[0]), nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(r struct {
				Expires time.Time
				Items   []struct {
					File, Type, Masked, Context string
					Confidence                  int
					Start, End                  int64
				}
			},
			) error {
				t := newTable("FILE", "TYPE", "CONFIDENCE", "FROM", "TO", "TEXT")
				for _, i := range r.Items {
					shown := i.Context
					if shown == "" {
						shown = i.Masked
					}
					t.row(dash(plain(i.File)), i.Type, fmt.Sprint(i.Confidence), fmt.Sprint(i.Start), fmt.Sprint(i.End), plain(shown))
				}
				if err := a.print(t); err != nil {
					return err
				}
				a.note("it is kept until %s; this look is recorded", a.when(r.Expires))
				return nil
			})
		},
	}
}

func (a *app) dlpEvidenceSetting() *cobra.Command {
	keep, around, days := "", 0, 0
	c := &cobra.Command{
		Use: "evidence-setting", Short: "Show or change how much is kept of what was found in content", Args: cobra.NoArgs,
		Long:    "Without flags, show the tenant's setting. A change counts for what is found from then on; what is kept already stays until its time.",
		Example: "  referee dlp evidence-setting\n  referee dlp evidence-setting --keep last4 --context 100 --days 90",
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := a.tell(c, http.MethodGet, "/dlp/evidence-setting", nil, nil)
			if err != nil {
				return err
			}
			type setting struct {
				Keep    string `json:"keep"`
				Context int    `json:"context"`
				Days    int    `json:"days"`
			}
			print := func(s setting) error {
				t := newTable("KEEP", "CONTEXT", "DAYS")
				t.row(s.Keep, fmt.Sprint(s.Context), fmt.Sprint(s.Days))
				return a.print(t)
			}
			if !c.Flags().Changed("keep") && !c.Flags().Changed("context") && !c.Flags().Changed("days") {
				return show(a, text, print)
			}
			var now setting
			if err := json.Unmarshal(text, &now); err != nil {
				return fault.As(err, fault.Unavailable, "dlp evidence-setting", "answer")
			}
			if c.Flags().Changed("keep") {
				now.Keep = keep
			}
			if c.Flags().Changed("context") {
				now.Context = around
			}
			if c.Flags().Changed("days") {
				now.Days = days
			}
			if text, err = a.tell(c, http.MethodPut, "/dlp/evidence-setting", nil, now); err != nil {
				return err
			}
			return show(a, text, print)
		},
	}
	c.Flags().StringVar(&keep, "keep", "", "off, masked (digits # and letters x), or last4 (but for the last four)")
	c.Flags().IntVar(&around, "context", 0, "characters of text on each side of a match, 40 to 100")
	c.Flags().IntVar(&days, "days", 0, "how long it is kept, 1 to 365")
	return c
}
