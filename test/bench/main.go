package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// options are the flags.
type options struct {
	json    string
	profile string
	rounds  int
	span    time.Duration
	quick   bool
	load    string
}

func main() {
	stage.Child()
	beProxy()
	var o options
	flag.StringVar(&o.json, "json", "", "file for the results as JSON")
	flag.StringVar(&o.profile, "profile", "", "folder for processor profiles of Referee, one a load")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each load and peer")
	flag.DurationVar(&o.span, "span", 2*time.Second, "length of a round")
	flag.BoolVar(&o.quick, "quick", false, "one short round: shows that it works, measures nothing")
	flag.StringVar(&o.load, "load", "", "only loads whose protocol and name contain this, such as \"HTTP/2 1 MB\"; no latencies")
	flag.Parse()
	if o.quick {
		o.rounds, o.span = 1, time.Second
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	if err := measure(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // measure has ended its processes
	}
}

// load is one kind of request.
type load struct {
	Name        string `json:"name"`
	Path        string `json:"path"`
	Bytes       int    `json:"bytes"`
	Connections int    `json:"connections"`
	only        string // peer that alone is measured, "" all
}

var loads = []load{
	{Name: "1 kB", Path: "/1k.json", Bytes: 1 << 10, Connections: 64},
	{Name: "1 MB", Path: "/1m.json", Bytes: 1 << 20, Connections: 16},
	{Name: "1 MB, a recorded download", Path: "/1m.bin", Bytes: 1 << 20, Connections: 16, only: peerReferee},
}

func measure(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "referee-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	f, err := openField(ctx, dir)
	if err != nil {
		return err
	}
	defer f.close()
	r := &results{Machine: machine(), Rounds: o.rounds, Span: o.span.String(), Started: time.Now().UTC()}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
		for _, l := range loads {
			if !strings.Contains(proto+" "+l.Name, o.load) {
				continue
			}
			if err := f.compare(ctx, r, proto, l, o); err != nil {
				return err
			}
		}
		if o.load != "" {
			continue
		}
		if err := f.latency(ctx, r, proto, o); err != nil {
			return err
		}
	}
	r.print(os.Stdout)
	if o.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.json), 0o755); err != nil { //nolint:gosec // results are for everybody
		return err
	}
	return os.WriteFile(o.json, append(text, '\n'), 0o644) //nolint:gosec // as above
}

// compare runs one load against the peers in turns.
func (f *field) compare(ctx context.Context, r *results, proto string, l load, o options) error {
	var peers []*peer
	for _, p := range f.peers {
		if l.only == "" || l.only == p.name {
			peers = append(peers, p)
		}
	}
	samples := map[string][]sample{}
	for _, p := range peers {
		if _, err := f.drive(ctx, p, proto, l, time.Second); err != nil { // connections, caches, tables
			return err
		}
	}
	for round := range o.rounds {
		for i := range peers {
			p := peers[(i+round)%len(peers)]
			profiled := o.profile != "" && p.name == peerReferee && round == 0
			if profiled {
				if err := os.MkdirAll(o.profile, 0o755); err != nil { //nolint:gosec // as results
					return err
				}
				if err := f.referee.Profile(filepath.Join(o.profile, slug(proto+" "+l.Name)+".pprof")); err != nil {
					return err
				}
			}
			s, err := f.drive(ctx, p, proto, l, o.span)
			if err != nil {
				return err
			}
			if profiled {
				if err := f.referee.EndProfile(); err != nil {
					return err
				}
			}
			samples[p.name] = append(samples[p.name], s)
			fmt.Fprintf(os.Stderr, "%-8s  %-26s  round %d  %-12s  %8.0f requests/s  %6.0f CPU µs  p99 %s\n", proto, l.Name, round+1, p.name, s.rate, s.cpu, s.p99)
		}
	}
	for _, p := range peers {
		r.add(proto, l, p.name, samples[p.name])
	}
	return nil
}
