package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/buildinfo"
)

// Functions start what the command line itself does not link.
type Functions struct {
	Serve          func(ctx context.Context, configFile string) error
	Demo           func(ctx context.Context, opt DemoOptions) error
	Trust, Untrust func(ctx context.Context, opt DemoOptions) error
	Recover        func(ctx context.Context, opt RecoverOptions) (Recovered, error)
	CheckConfig    func(file string) error
	ExampleConfig  func() string
	Out            io.Writer // where answers go; nil is standard output
}

// DemoOptions are what the demo's flags say.
type DemoOptions struct {
	Data    string        // folder that it keeps everything in
	Port    int           // 0: the demo's own choice
	JSON    bool          // one line of JSON instead of the story
	Real    bool          // with a real app too
	Block   bool          // with policies in force instead of monitoring
	Advance time.Duration // show monitor, report and flip by moving the clock so far
	Out     io.Writer
}

// app is one run of the command line.
type app struct {
	start Functions
	flags struct {
		server, tokenFile, tenant, caFile, data string
		json                                    bool
	}
	env    func(string) string
	now    func() time.Time
	zone   *time.Location
	out    io.Writer // answers
	notes  io.Writer // progress and warnings
	in     io.Reader
	colour bool
	client *client // made by the first command that asks
}

// New makes the command line.
func New(f Functions) *cobra.Command {
	a := &app{start: f, env: os.Getenv, now: time.Now, zone: time.Local, out: os.Stdout, notes: os.Stderr, in: os.Stdin}
	if f.Out != nil {
		a.out = f.Out
	} else {
		a.colour = a.env("NO_COLOR") == "" && isTerminal(os.Stdout)
	}
	return a.root()
}

func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "referee",
		Short: "The referee inside the meeting: a self-hosted cloud access security broker",
		Long: `Referee stands between people and web apps: it signs people in, lets them work, and decides on what leaves.

Commands that talk to a running Referee find it by --server, --token-file, --ca-file and --tenant, by the
environment (REFEREE_SERVER, REFEREE_TOKEN_FILE, REFEREE_CA_FILE, REFEREE_TENANT), or by the file cli.yaml that the
first start leaves in the data folder: --data, REFEREE_DATA, else ./referee-data and ./referee-demo are looked at.

Exit codes: 0 done, 1 a defect, 2 wrong input, 3 no valid token, 4 not allowed, 5 not found, 6 somebody changed it
first, 7 a limit was met, 8 a part does not answer, 130 interrupted.`,
		Example: `  referee demo
  referee policy apply examples/onedrive-block-download-unmanaged.yaml
  referee why K7QM-2T9X`,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	c.SetOut(a.out)
	c.SetErr(a.notes)
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &fault.Error{Kind: fault.Invalid, Op: c.CommandPath(), Msg: err.Error(), Help: "see " + c.CommandPath() + " --help"}
	})
	p := c.PersistentFlags()
	p.StringVar(&a.flags.server, "server", "", "address of Referee's API, such as https://referee.example.com")
	p.StringVar(&a.flags.tokenFile, "token-file", "", "file that holds the API token")
	p.StringVar(&a.flags.tenant, "tenant", "", "tenant to work on")
	p.StringVar(&a.flags.caFile, "ca-file", "", "PEM file of further roots for the server's certificate")
	p.StringVar(&a.flags.data, "data", "", "data folder of a Referee on this host, to find its cli.yaml")
	p.BoolVar(&a.flags.json, "json", false, "print the answer as JSON, for scripts")
	c.AddCommand(a.serveCommand(), a.demoCommand(), a.configCommand(), a.policyCommand(), a.templateCommand(), a.dlpCommand(), a.labelCommand(), a.directoryCommand(), a.exceptionCommand(), a.activityCommand(),
		a.whyCommand(), a.sessionCommand(), a.mfaCommand(), a.keysCommand(), a.deviceCommand(), a.appCommand(), a.providerCommand(), a.m365Command(), a.tenantCommand(), a.tokenCommand(), a.statusCommand(), a.breakGlassCommand(), a.adminCommand(), a.versionCommand())
	for _, child := range c.Commands() {
		groups(child)
	}
	return c
}

// groups makes a command that only holds others explain itself, and refuse what it does not know.
func groups(c *cobra.Command) {
	if c.HasSubCommands() && c.RunE == nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return &fault.Error{Kind: fault.Invalid, Op: c.CommandPath(), Key: args[0], Msg: "is not one of its verbs", Help: "see " + c.CommandPath() + " --help"}
		}
	}
}

// ExitCode prints an error where people see it and returns the process's exit code.
func ExitCode(err error) int { return report(os.Stderr, err) }

// codes maps fault kinds to exit codes. It is the only such table.
var codes = map[fault.Kind]int{
	fault.Internal: 1, fault.Invalid: 2, fault.Unauthenticated: 3, fault.Denied: 4, fault.NotFound: 5,
	fault.Conflict: 6, fault.Limited: 7, fault.Unavailable: 8, fault.Canceled: 130,
}

func report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	kind := fault.KindOf(err)
	if errors.Is(err, context.Canceled) {
		return codes[fault.Canceled]
	}
	var s *serverError
	var q *quiet
	switch {
	case errors.As(err, &q):
	case errors.As(err, &s):
		s.write(w)
	default:
		for _, one := range each(err) {
			fmt.Fprintln(w, "referee: "+sentence(one))
			if help := fault.Help(one); help != "" {
				fmt.Fprintln(w, "  "+help)
			}
		}
	}
	return codes[kind]
}

// each takes joined errors apart: a configuration file may have several mistakes.
func each(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if list, ok := e.(interface{ Unwrap() []error }); ok { //nolint:errorlint // each link of the chain is looked at
			var out []error
			for _, one := range list.Unwrap() {
				out = append(out, each(one)...)
			}
			return out
		}
	}
	return []error{err}
}

// sentence returns what an error says to people, without the operations that it came through: the outermost
// message, what it is about, and its cause.
func sentence(err error) string {
	var f *fault.Error
	switch {
	case !errors.As(err, &f):
		return err.Error()
	case f.Msg == "" && f.Err != nil && f.Key == "":
		return sentence(f.Err)
	}
	text := f.Msg
	if f.Err != nil {
		if text != "" {
			text += ": "
		}
		text += sentence(f.Err)
	}
	if f.Key != "" && !strings.Contains(text, f.Key) {
		text = f.Key + ": " + text
	}
	if text == "" {
		return f.Kind.String()
	}
	return text
}

// quiet is an error whose text has been shown already.
type quiet struct{ kind fault.Kind }

func (q *quiet) Error() string { return q.kind.String() }

// As gives the kind to package fault.
func (q *quiet) As(target any) bool {
	if f, ok := target.(**fault.Error); ok {
		*f = &fault.Error{Kind: q.kind}
		return true
	}
	return false
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show which build this is", Example: "  referee version --json", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info := buildinfo.Get()
			if a.flags.json {
				return a.printJSON(info)
			}
			_, err := fmt.Fprintln(a.out, info.String())
			return err
		},
	}
}
