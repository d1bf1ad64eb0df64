package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

func (a *app) serveCommand() *cobra.Command {
	var config string
	c := &cobra.Command{
		Use: "serve", Short: "Run Referee", Args: cobra.NoArgs,
		Long:    "Run Referee with one configuration file. The first start makes the first administrator and writes its token, and what this command line needs, into the data folder.",
		Example: "  referee config example > referee.yaml\n  referee serve --config referee.yaml",
		RunE:    func(c *cobra.Command, _ []string) error { return a.start.Serve(c.Context(), config) },
	}
	c.Flags().StringVar(&config, "config", "referee.yaml", "configuration file")
	return c
}

func (a *app) demoCommand() *cobra.Command {
	opt := DemoOptions{Out: a.out}
	advance := ""
	fill := func() error {
		opt.JSON, opt.Data = a.flags.json, first(a.flags.data, a.env("REFEREE_DATA"), "referee-demo")
		if advance != "" {
			d, err := span(advance)
			if err != nil {
				return err
			}
			opt.Advance = d
		}
		return nil
	}
	with := func(f func() error) func(*cobra.Command, []string) error {
		return func(*cobra.Command, []string) error {
			if err := fill(); err != nil {
				return err
			}
			return f()
		}
	}
	c := &cobra.Command{
		Use: "demo", Short: "Run Referee with a provider, an app and people, on this machine alone", Args: cobra.NoArgs,
		Long:    "Run everything on loopback: Referee, an OpenID provider with a director, a contractor and an employee, and a files app. It prints one link to begin with. It is never to be reached from elsewhere.",
		Example: "  referee demo\n  referee demo --advance 7d\n  referee demo trust",
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		return with(func() error { return a.start.Demo(c.Context(), opt) })(c, nil)
	}
	c.Flags().StringVar(&advance, "advance", "", "show monitor, report and flip by moving the clock so far, such as 7d")
	c.Flags().IntVar(&opt.Port, "port", 0, "port to listen on; the next two are taken as well")
	c.Flags().BoolVar(&opt.Real, "real", false, "put a real web app behind the gateway as well")
	c.Flags().BoolVar(&opt.Block, "block", false, "begin with policies in force instead of monitoring")
	trust := &cobra.Command{
		Use: "trust", Short: "Let this user's browsers trust the demo's certificate authority", Args: cobra.NoArgs, Example: "  referee demo trust",
		Long: "The authority can vouch for names under localhost only. Undo it with: referee demo untrust.",
	}
	trust.RunE = func(c *cobra.Command, _ []string) error {
		return with(func() error { return a.start.Trust(c.Context(), opt) })(c, nil)
	}
	untrust := &cobra.Command{Use: "untrust", Short: "Undo what trust did", Args: cobra.NoArgs, Example: "  referee demo untrust"}
	untrust.RunE = func(c *cobra.Command, _ []string) error {
		return with(func() error { return a.start.Untrust(c.Context(), opt) })(c, nil)
	}
	c.AddCommand(trust, untrust)
	return c
}

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check the configuration file, or begin one"}
	c.AddCommand(&cobra.Command{
		Use: "check FILE", Short: "Report everything that is wrong with a configuration file", Args: exactly(1, "a file"), Example: "  referee config check referee.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.start.CheckConfig(args[0]); err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"file": args[0], "valid": true})
			}
			return a.say("%s is right", args[0])
		},
	}, &cobra.Command{
		Use: "example", Short: "Print a configuration file to begin with", Args: cobra.NoArgs, Example: "  referee config example > referee.yaml",
		RunE: func(*cobra.Command, []string) error { return a.say("%s", a.start.ExampleConfig()) },
	})
	return c
}

// exactly refuses another number of arguments, saying what they are.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return &fault.Error{Kind: fault.Invalid, Op: c.CommandPath(), Msg: "takes " + what, Help: "see " + c.CommandPath() + " --help"}
		}
		return nil
	}
}

// some refuses no arguments.
func some(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return &fault.Error{Kind: fault.Invalid, Op: c.CommandPath(), Msg: "takes " + what, Help: "see " + c.CommandPath() + " --help"}
		}
		return nil
	}
}

// ago reads "24h", "7d" before now, or a moment as RFC 3339 or a date in the reader's zone.
func (a *app) ago(s string) (time.Time, error) { return a.moment(s, -1) }

// ahead reads the same after now.
func (a *app) ahead(s string) (time.Time, error) { return a.moment(s, 1) }

func (a *app) moment(s string, sign time.Duration) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := span(s); err == nil {
		return a.now().Add(sign * d), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(form, s, a.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &fault.Error{Kind: fault.Invalid, Op: "time", Key: s, Msg: "is neither a duration nor a moment", Help: `write "24h", "7d", "2026-11-30" or "2026-11-30T09:00:00Z"`}
}
