package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// results are what is written.
type results struct {
	Machine string    `json:"machine"`
	Started time.Time `json:"started"`
	Rounds  int       `json:"rounds"`
	Span    string    `json:"span"`
	Rows    []row     `json:"rows"`
	AtRest  []rest    `json:"atRest"`
}

// row is one peer under one load: medians over the rounds.
type row struct {
	Protocol string  `json:"protocol"`
	Load     load    `json:"load"`
	Peer     string  `json:"peer"`
	Rate     float64 `json:"requestsPerSecond"`
	Low      float64 `json:"lowest"`
	High     float64 `json:"highest"`
	CPU      float64 `json:"cpuMicrosecondsPerRequest"`
	P50      float64 `json:"p50Milliseconds"`
	P99      float64 `json:"p99Milliseconds"`
}

// rest is one peer's answering time at a load that leaves it time.
type rest struct {
	Protocol string  `json:"protocol"`
	Peer     string  `json:"peer"`
	P50      float64 `json:"p50Milliseconds"`
	P99      float64 `json:"p99Milliseconds"`
	Added    float64 `json:"p99AddedMilliseconds"` // over the app alone
}

// goals are those of the project: Referee's rate as a share of a peer's.
var goals = []struct {
	load, peer string
	share      float64
}{{"1 kB", peerGo, 0.90}, {"1 kB", peerNginx, 0.40}, {"1 MB", peerNginx, 0.95}}

func median(samples []sample, of func(sample) float64) float64 {
	v := make([]float64, len(samples))
	for i, s := range samples {
		v[i] = of(s)
	}
	slices.Sort(v)
	if len(v)%2 == 0 {
		return (v[len(v)/2-1] + v[len(v)/2]) / 2
	}
	return v[len(v)/2]
}

func rateOf(s sample) float64 { return s.rate }
func cpuOf(s sample) float64  { return s.cpu }
func p50Of(s sample) float64  { return float64(s.p50) / 1e6 }
func p99Of(s sample) float64  { return float64(s.p99) / 1e6 }

func (r *results) add(proto string, l load, peer string, s []sample) {
	by := func(a, b sample) int { return int(a.rate - b.rate) }
	r.Rows = append(r.Rows, row{
		Protocol: proto, Load: l, Peer: peer, Rate: median(s, rateOf), Low: slices.MinFunc(s, by).rate, High: slices.MaxFunc(s, by).rate,
		CPU: median(s, cpuOf), P50: median(s, p50Of), P99: median(s, p99Of),
	})
}

func (r *results) addLatency(proto, peer string, s, direct []sample) {
	r.AtRest = append(r.AtRest, rest{Protocol: proto, Peer: peer, P50: median(s, p50Of), P99: median(s, p99Of), Added: median(s, p99Of) - median(direct, p99Of)})
}

// row finds a peer's figures.
func (r *results) row(proto, load, peer string) row {
	for _, x := range r.Rows {
		if x.Protocol == proto && x.Load.Name == load && x.Peer == peer {
			return x
		}
	}
	return row{}
}

// print writes the tables.
func (r *results) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s; medians of %d rounds of %s, peers in turns; lowest and highest in brackets\n\n", r.Machine, r.Rounds, r.Span) //nolint:errcheck // standard output; so below
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "client\tload\tpeer\trequests/s\t\tCPU µs/request\tp50 ms\tp99 ms\t") //nolint:errcheck
	for _, x := range r.Rows {
		fmt.Fprintf(w, "%s\t%s × %d\t%s\t%.0f\t(%.0f–%.0f)\t%.0f\t%.2f\t%.2f\t\n", x.Protocol, x.Load.Name, x.Load.Connections, x.Peer, x.Rate, x.Low, x.High, x.CPU, x.P50, x.P99) //nolint:errcheck
	}
	w.Flush() //nolint:errcheck
	if len(r.AtRest) > 0 {
		fmt.Fprintf(out, "\nAt %d requests/s of 1 kB, all peers with time to spare:\n\n", restRate) //nolint:errcheck
		fmt.Fprintln(w, "client\tpeer\tp50 ms\tp99 ms\tp99 added ms\t")                             //nolint:errcheck
	}
	for _, x := range r.AtRest {
		fmt.Fprintf(w, "%s\t%s\t%.2f\t%.2f\t%.2f\t\n", x.Protocol, x.Peer, x.P50, x.P99, x.Added) //nolint:errcheck
	}
	w.Flush()                                                                          //nolint:errcheck
	fmt.Fprintln(out, "\nReferee's rate as a share of its peers':")                    //nolint:errcheck
	fmt.Fprintln(w, "client\tload\tpeer\tshare\tgoal\t\tshare of work a CPU second\t") //nolint:errcheck
	for _, proto := range []string{"HTTP/1.1", "HTTP/2"} {
		for _, g := range goals {
			ours, theirs := r.row(proto, g.load, peerReferee), r.row(proto, g.load, g.peer)
			if ours.Rate == 0 || theirs.Rate == 0 {
				continue // this run leaves the load out
			}
			share := ours.Rate / theirs.Rate
			verdict := "met"
			if share < g.share {
				verdict = "missed"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%.2f\t%s\t%.2f\t\n", proto, g.load, g.peer, share, g.share, verdict, theirs.CPU/ours.CPU) //nolint:errcheck
		}
	}
	w.Flush() //nolint:errcheck
}

// machine says what it was measured on.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	load, _ := os.ReadFile("/proc/loadavg") // "" where there is none
	first, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%d × %s, %s, load %s before", runtime.NumCPU(), model, runtime.Version(), first)
}

// slug makes a file name.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}
