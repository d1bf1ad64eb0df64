package appcheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// FindBrowser looks for a Chromium on this machine; "" when there is none.
func FindBrowser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// maxLog bounds what is read of the browser's log of requests.
const maxLog = 64 << 20

// browse opens the app in a headless browser, with a profile of its own that is removed, and notes which hosts it asked.
func (s *seen) browse(ctx context.Context, c *Checker) {
	switch last := s.last(); {
	case c.Browser == "":
		s.browser = "no browser here: hosts that scripts make up are missing; install chromium, or see what sessions use"
		return
	case last == nil || s.certificates[s.host] == nil || s.certificates[s.host].err != nil && len(c.BrowserArgs) == 0:
		s.browser = "not opened in a browser, since it would refuse the certificate"
		return
	}
	dir, err := os.MkdirTemp("", "referee-check-")
	if err != nil {
		s.browser = "not opened in a browser: " + plainError(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := runBrowser(ctx, c, dir, "https://"+s.host+s.trip[0].at.RequestURI()); err != nil {
		s.browser = "the browser did not finish, so hosts may be missing: " + plainError(err)
	}
	log, err := os.Open(filepath.Join(dir, "net.json")) //nolint:gosec // our own folder
	if err != nil {
		s.browser = "the browser kept no log: " + plainError(err)
		return
	}
	defer func() { _ = log.Close() }()
	for _, host := range hostsOfLog(io.LimitReader(log, maxLog)) {
		s.note(host, UseBrowser)
	}
}

func runBrowser(ctx context.Context, c *Checker, dir, address string) error {
	ctx, cancel := context.WithTimeout(ctx, browserTime)
	defer cancel()
	args := []string{
		"--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-extensions", "--disable-default-apps", "--mute-audio", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--log-net-log=" + filepath.Join(dir, "net.json"), "--virtual-time-budget=10000", "--timeout=15000", "--dump-dom",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to start as root with it
	}
	args = append(append(args, c.BrowserArgs...), address)
	cmd := exec.CommandContext(ctx, c.Browser, args...) //nolint:gosec // the operator's own browser; the address was checked by Target
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	cmd.WaitDelay = 2 * time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that the log is closed
	var said strings.Builder
	cmd.Stderr = &limited{w: &said, left: 4 << 10}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return errors.New("no answer in time")
		}
		return fmt.Errorf("%w: %s", err, short(said.String()))
	}
	return nil
}

// limited keeps the beginning of what is written.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if n := min(len(p), l.left); n > 0 {
		l.left -= n
		_, _ = l.w.Write(p[:n])
	}
	return len(p), nil
}

// hostsOfLog reads hosts that pages asked from Chromium's log of network events. A log that ends early, as that of a browser that was
// stopped, gives what it has.
func hostsOfLog(r io.Reader) []string {
	dec := json.NewDecoder(r)
	var hosts []string
	have := map[string]bool{}
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for {
		key, err := dec.Token()
		if err != nil || key == json.Delim('}') {
			return nil
		}
		if key == "events" {
			break
		}
		var skipped json.RawMessage
		if dec.Decode(&skipped) != nil {
			return nil
		}
	}
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil
	}
	for dec.More() {
		var event struct {
			Params struct {
				URL string `json:"url"`
				By  string `json:"initiator"`
			} `json:"params"`
		}
		if err := dec.Decode(&event); err != nil {
			var wrong *json.UnmarshalTypeError
			if errors.As(err, &wrong) {
				continue // an event whose url is something else
			}
			break
		}
		if !strings.HasPrefix(event.Params.By, "http") {
			continue // the browser's own, such as updates
		}
		u, err := url.Parse(event.Params.URL)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "wss" {
			continue
		}
		if host := authority(u); !have[host] && len(have) < maxHosts {
			have[host] = true
			hosts = append(hosts, host)
		}
	}
	return hosts
}
