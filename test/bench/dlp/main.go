// Command dlp compares package dlp with gitleaks, ripgrep and vectorscan, in one run on one machine: the same hundred
// expressions of built-in types, the same 50 MB of sources, prose, tables and logs. Then it measures all types together,
// and texts that are made to be slow.
//
// Every engine is a process of its own that reads one file; what counts is the processor time of the process, less that
// of the same process on an empty file, so that start-up and compiling are left aside and threads are added up. Engines
// take turns, and each figure is the median of the rounds. Referee's figure is of verified findings: check digits,
// keywords around, counts of distinct values. The others report matches of expressions only.
//
// It owns the peers' set-up (peers.go, vectorscan) and the table; the texts are those of test/corpus. Needs gitleaks beside
// the program or in PATH, rg, a C compiler and libhs. `make bench` sets all that up. Begin with measure.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/referee-casb/referee/dlp/sit"
	"github.com/referee-casb/referee/test/corpus"
)

type options struct {
	json    string
	size    int
	rounds  int
	sources string
	only    string
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "scan" {
		if err := scan(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "bench dlp:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.StringVar(&o.json, "json", "", "file for the results as JSON")
	flag.IntVar(&o.size, "size", 50_000_000, "bytes of text")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds of each engine and text")
	flag.StringVar(&o.sources, "sources", "", "folder of sources for the text (default: the Go tree)")
	flag.StringVar(&o.only, "only", "", "only rows whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench dlp:", err)
		os.Exit(1) //nolint:gocritic // stop is for a run that goes on
	}
}

// row is one engine on one text.
type row struct {
	Engine  string  `json:"engine"`
	Text    string  `json:"text"`
	Bytes   int     `json:"bytes"`
	CPU     float64 `json:"cpuSeconds"`
	Rate    float64 `json:"megabytesPerCPUSecond"`
	Found   int     `json:"found"`
	Allocs  uint64  `json:"allocations,omitempty"`
	Goal    float64 `json:"goal,omitempty"` // MB a processor second
	command func(file string) *exec.Cmd
}

func measure(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "referee-bench-dlp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if o.sources == "" {
		root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return fmt.Errorf("where Go's sources are: %w (or give -sources)", err)
		}
		o.sources = filepath.Join(strings.TrimSpace(string(root)), "src")
	}
	mixed, err := corpus.Mixed(o.sources, o.size)
	if err != nil {
		return err
	}
	files := map[string]string{"empty": filepath.Join(dir, "empty.txt"), "mixed": filepath.Join(dir, "mixed.txt")}
	texts := map[string][]byte{"empty": nil, "mixed": mixed}
	for name, text := range slowTexts(o.size / 5) {
		files[name], texts[name] = filepath.Join(dir, name+".txt"), text
	}
	for name, file := range files {
		if err := os.WriteFile(file, texts[name], 0o600); err != nil {
			return err
		}
	}
	peers, err := setUp(ctx, dir)
	if err != nil {
		return err
	}
	own, err := os.Executable()
	if err != nil {
		return err
	}
	referee := func(types string) func(string) *exec.Cmd {
		return func(file string) *exec.Cmd { return exec.CommandContext(ctx, own, "scan", types, file) }
	}
	rows := []*row{{Engine: "Referee, verified", Text: "mixed", Goal: 150, command: referee("hundred")}, {Engine: "Referee, expressions", Text: "mixed", command: referee("bare")}}
	for _, p := range peers {
		rows = append(rows, &row{Engine: p.name, Text: "mixed", command: p.command})
	}
	all := fmt.Sprintf("Referee, all %d types", len(sit.All()))
	rows = append(rows, &row{Engine: all, Text: "mixed", Goal: 100, command: referee("all")})
	for _, name := range sortedNames(texts) {
		if name != "empty" && name != "mixed" {
			rows = append(rows, &row{Engine: all, Text: name, Goal: 20, command: referee("all")})
		}
	}
	rows = slices.DeleteFunc(rows, func(r *row) bool { return !strings.Contains(r.Engine+" "+r.Text, o.only) })
	taken := make([][]float64, len(rows))
	for round := range o.rounds {
		for k := range rows {
			i := (k + round) % len(rows)
			r := rows[i]
			fmt.Fprintf(os.Stderr, "round %d of %d: %s, %s\n", round+1, o.rounds, r.Engine, r.Text)
			rest, _, err := run(r.command(files["empty"]))
			if err != nil {
				return fmt.Errorf("%s: %w", r.Engine, err)
			}
			cpu, said, err := run(r.command(files[r.Text]))
			if err != nil {
				return fmt.Errorf("%s, %s: %w", r.Engine, r.Text, err)
			}
			r.Bytes, r.Found, r.Allocs = len(texts[r.Text]), said.Found, said.Allocs
			taken[i] = append(taken[i], max(cpu-rest, time.Microsecond).Seconds())
		}
	}
	for i, r := range rows {
		slices.Sort(taken[i])
		r.CPU = taken[i][len(taken[i])/2]
		r.Rate = float64(r.Bytes) / 1e6 / r.CPU
	}
	printTable(os.Stdout, rows)
	if o.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(text, '\n'), 0o644) //nolint:gosec // results are for everybody
}

// answer is what an engine says about itself, as JSON or as a number of matches.
type answer struct {
	Found  int    `json:"found"`
	Allocs uint64 `json:"allocations"`
}

// run runs a command and returns its processor time.
func run(cmd *exec.Cmd) (time.Duration, answer, error) {
	var said answer
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) { // 1: rg found nothing, gitleaks something
		return 0, said, err
	}
	if err := json.Unmarshal(out, &said); err != nil {
		if _, err := fmt.Sscan(string(out), &said.Found); err != nil {
			said.Found = 0
		}
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), said, nil
}
