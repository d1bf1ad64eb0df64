package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how a tenant stands: what is off, and what should not stay as it is", Args: cobra.NoArgs, Example: "  referee status",
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := a.tell(c, http.MethodGet, "/status", nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, a.printStatus)
		},
	}
}

type statusRow struct {
	Tenant, Name, Version, Default string

	Ready      bool
	Routed     int
	Accounts   []accountRow
	Bypasses   []bypassRow
	Recoveries []struct {
		By, Host, Reason string
		At, Expires      time.Time
	}
	Warnings []string
}

func (a *app) printStatus(s statusRow) error {
	answers := "yes"
	if !s.Ready {
		answers = "NO"
	}
	t := newTable("TENANT", "NAME", "VERSION", "ENGINES ANSWER", "APPS THROUGH THE GATEWAY", "WHEN THE GATEWAY FAILS")
	t.row(s.Tenant, s.Name, s.Version, answers, strconv.Itoa(s.Routed), s.Default)
	if err := a.print(t); err != nil {
		return err
	}
	for _, w := range s.Warnings {
		if err := a.say("%s %s", a.paint("31", "!"), plain(w)); err != nil {
			return err
		}
	}
	if len(s.Accounts) > 0 {
		if err := a.say("\nBreak-glass accounts"); err != nil {
			return err
		}
		if err := a.printAccounts(s.Accounts); err != nil {
			return err
		}
	}
	if len(s.Bypasses) > 0 {
		if err := a.say("\nBypasses of the last 30 days"); err != nil {
			return err
		}
		if err := a.printBypasses(s.Bypasses); err != nil {
			return err
		}
	}
	if len(s.Recoveries) == 0 {
		return nil
	}
	if err := a.say("\nAdministrators' tokens made on the host in the last 30 days"); err != nil {
		return err
	}
	r := newTable("AT", "GOOD UNTIL", "BY", "HOST", "REASON")
	for _, one := range s.Recoveries {
		r.row(a.when(one.At), a.when(one.Expires), one.By, one.Host, one.Reason)
	}
	return a.print(r)
}

// RecoverOptions are what the flags of admin recover say.
type RecoverOptions struct {
	Config, Data, Tenant, Reason string

	For time.Duration
}

// Recovered is an administrator's token that was made on the host.
type Recovered struct {
	ID        string    `json:"id"`
	Tenant    string    `json:"tenant"`
	By        string    `json:"by"`
	Expires   time.Time `json:"expires"`
	TokenFile string    `json:"tokenFile"`
}

func (a *app) adminCommand() *cobra.Command {
	c := &cobra.Command{Use: "admin", Short: "Get back in as administrator, on Referee's host"}
	c.AddCommand(a.adminRecover())
	return c
}

func (a *app) adminRecover() *cobra.Command {
	var opt RecoverOptions
	life := ""
	c := &cobra.Command{
		Use: "recover", Short: "Make an administrator's token on the host, with everything else down", Args: cobra.NoArgs,
		Long: `Make an administrator's token from the data folder alone: no provider, no other token and no running Referee is
needed. It takes the user that Referee runs as, or root, who owns the data folder and can read the master key. The token
is written to recovery.token in the data folder, is good for 8 hours at most, and takes the place of an earlier
recovery's. It is told in every tenant's activity log and status: by the running Referee within seconds, else at its
next start.`,
		Example: "  referee admin recover --config referee.yaml --reason 'the provider is down and the token is lost'\n  referee admin recover --data /var/lib/referee --for 30m --reason 'the provider is down and the token is lost'",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := span(life)
			if err != nil {
				return err
			}
			if opt.For, opt.Tenant = d, first(a.flags.tenant, a.env("REFEREE_TENANT")); opt.Config == "" {
				if opt.Data, err = a.dataFolder(); err != nil {
					return err
				}
			}
			made, err := a.start.Recover(c.Context(), opt)
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(made)
			}
			return a.say("%s holds an administrator's token, good until %s. Use it:\n  referee status --data %s --token-file %s", made.TokenFile, a.when(made.Expires), filepath.Dir(made.TokenFile), made.TokenFile)
		},
	}
	c.Flags().StringVar(&opt.Config, "config", "", "configuration file that names the data folder; or give --data")
	c.Flags().StringVar(&opt.Reason, "reason", "", "why; every tenant's administrators see it")
	c.Flags().StringVar(&life, "for", "1h", "how long the token is good, 8h at most")
	return c
}

// dataFolder finds a data folder on this host by its master key, where settings looks for cli.yaml.
func (a *app) dataFolder() (string, error) {
	folders := []string{"referee-data", filepath.Join("referee-demo", "referee")}
	if data := first(a.flags.data, a.env("REFEREE_DATA")); data != "" {
		folders = []string{data, filepath.Join(data, "referee")}
	}
	for _, dir := range folders {
		if _, err := os.Stat(filepath.Join(dir, "referee.db")); err == nil {
			return dir, nil
		}
	}
	return "", &fault.Error{Kind: fault.NotFound, Op: "admin recover", Key: folders[0], Msg: "is no data folder of Referee that this user can look into", Help: "name it with --data, or the configuration with --config; run it as the user that Referee runs as, or as root"}
}
