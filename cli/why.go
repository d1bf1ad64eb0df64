package cli

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "why CODE", Short: "Explain a decision by the code that a person was shown", Args: exactly(1, "a reference code, such as K7QM-2T9X"),
		Long:    "Say who wanted what, how it was decided, which conditions held and which did not, and what the person can do. Policies that have changed since are taken as they were, and both outcomes are told.",
		Example: "  referee why K7QM-2T9X",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/why/"+url.PathEscape(args[0]), nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(w struct{ Text string }) error {
				lines := strings.Split(strings.TrimRight(w.Text, "\n"), "\n")
				for i := range lines {
					lines[i] = plain(lines[i])
				}
				return a.say("%s", strings.Join(lines, "\n"))
			})
		},
	}
}
