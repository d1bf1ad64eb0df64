package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// sample is what one round gave.
type sample struct {
	rate float64       // requests a second
	cpu  float64       // processor time of the proxy, µs a request
	p50  time.Duration // until the whole answer was there
	p99  time.Duration
}

// drive loads one peer and measures it from outside.
func (f *field) drive(ctx context.Context, p *peer, proto string, l load, span time.Duration) (sample, error) {
	before, err := stage.CPU(p.pids...)
	if err != nil {
		return sample{}, err
	}
	var s sample
	var done float64
	if proto == "HTTP/1.1" {
		s, done, err = f.wrk(ctx, p, l, span)
	} else {
		s, done, err = f.h2load(ctx, p, proto, l, span, 0)
	}
	if err != nil {
		return s, fmt.Errorf("%s, %s, %s: %w", p.name, proto, l.Name, err)
	}
	after, err := stage.CPU(p.pids...)
	s.cpu = float64((after - before).Microseconds()) / max(done, 1)
	return s, err
}

// fields are what a browser sends when it shows a page; peers get the same.
func (f *field) fields() []string {
	return []string{
		"User-Agent: " + stage.UserAgent, "Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language: en", "Accept-Encoding: gzip, deflate, br",
		"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1", "Cookie: " + stage.CookieHeader(f.cookie),
	}
}

// script has wrk connect to loopback, since the mapped host doesn't resolve, and print what we need.
const script = `
function wrk.resolve(host, service)
  wrk.addrs = wrk.lookup("127.0.0.1", service)
end
function done(summary, latency, requests)
  io.write(string.format('{"requests":%d,"us":%d,"bytes":%d,"errors":%d,"p50":%d,"p99":%d}\n', summary.requests, summary.duration, summary.bytes,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`

func (f *field) wrk(ctx context.Context, p *peer, l load, span time.Duration) (s sample, done float64, err error) {
	args := []string{"-t1", "-c" + strconv.Itoa(l.Connections), "-d" + strconv.Itoa(int(max(span, time.Second).Seconds())) + "s", "-s", f.script}
	for _, h := range f.fields() {
		args = append(args, "-H", h)
	}
	out, err := f.output(ctx, "wrk", append(args, p.url+l.Path)...)
	if err != nil {
		return s, 0, err
	}
	var got struct{ Requests, Us, Bytes, Errors, P50, P99 float64 }
	line := out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:]
	if err := json.Unmarshal(line, &got); err != nil {
		return s, 0, fmt.Errorf("wrk said %q: %w", out, err)
	}
	if got.Errors > 0 || got.Requests == 0 || got.Bytes < got.Requests*float64(l.Bytes)*0.9 {
		return s, 0, fmt.Errorf("%v requests, %v errors, %v bytes", got.Requests, got.Errors, got.Bytes)
	}
	return sample{rate: got.Requests / got.Us * 1e6, p50: micro(got.P50), p99: micro(got.P99)}, got.Requests, nil
}

func micro(us float64) time.Duration { return time.Duration(us) * time.Microsecond }

// h2load loads by HTTP/2, or by HTTP/1.1. A rate, in requests a second over all connections, leaves the peer time: the
// answers' times are then its own and not those of a queue.
func (f *field) h2load(ctx context.Context, p *peer, proto string, l load, span time.Duration, rate int) (s sample, done float64, err error) {
	log := filepath.Join(f.dir, "h2load.log")
	defer os.Remove(log) //nolint:errcheck // it need not exist
	connections := l.Connections
	args := []string{"-t1", "-m1", "-D", strconv.Itoa(int(max(span, time.Second).Seconds())), "--warm-up-time=0", "--log-file=" + log, "--connect-to=127.0.0.1:" + strconv.Itoa(p.port)}
	if rate > 0 {
		connections = 16
		args = append(args, "--rps="+strconv.FormatFloat(float64(rate)/float64(connections), 'f', -1, 64))
	}
	args = append(args, "-c"+strconv.Itoa(connections))
	if proto == "HTTP/1.1" {
		args = append(args, "--h1")
	}
	for _, h := range f.fields() {
		args = append(args, "-H", h)
	}
	out, err := f.output(ctx, "h2load", append(args, p.url+l.Path)...)
	if err != nil {
		return s, 0, err
	}
	times, bad, err := readTimes(log)
	if err != nil {
		return s, 0, err
	}
	if bad > 0 || len(times) == 0 {
		return s, 0, fmt.Errorf("%d answers, %d of them not 200: %s", len(times), bad, tail(string(out), 600))
	}
	slices.Sort(times)
	n := len(times)
	return sample{rate: float64(n) / span.Seconds(), p50: times[n/2], p99: times[n*99/100]}, float64(n), nil
}

// readTimes reads h2load's log: start, status and time of each answer, in µs.
func readTimes(file string) (times []time.Duration, bad int, err error) {
	f, err := os.Open(file) //nolint:gosec // ours
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() //nolint:errcheck // read only
	in := bufio.NewScanner(f)
	for in.Scan() {
		part := strings.Split(in.Text(), "\t")
		if len(part) < 3 {
			continue
		}
		if part[1] != "200" {
			bad++
			continue
		}
		us, err := strconv.ParseInt(part[2], 10, 64)
		if err != nil {
			return nil, 0, err
		}
		times = append(times, time.Duration(us)*time.Microsecond)
	}
	return times, bad, in.Err()
}

// output runs a load generator to its end.
func (f *field) output(ctx context.Context, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the names are ours
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, tail(string(out), 600))
	}
	return out, nil
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// restRate is the load under which answering times are measured.
const restRate = 400

// latency measures answering times at a load that leaves every peer time, in turns.
func (f *field) latency(ctx context.Context, r *results, proto string, o options) error {
	all := append([]*peer{f.direct}, f.peers...)
	samples := map[string][]sample{}
	for round := range min(o.rounds, 2) {
		for i := range all {
			p := all[(i+round)%len(all)]
			s, _, err := f.h2load(ctx, p, proto, loads[0], max(o.span*3/4, time.Second), restRate)
			if err != nil {
				return fmt.Errorf("%s, %s, at rest: %w", p.name, proto, err)
			}
			samples[p.name] = append(samples[p.name], s)
		}
	}
	for _, p := range all {
		r.addLatency(proto, p.name, samples[p.name], samples[f.direct.name])
	}
	return nil
}
