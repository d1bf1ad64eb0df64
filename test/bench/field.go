package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// Names of the peers in tables.
const (
	peerReferee = "Referee"
	peerGo      = "ReverseProxy"
	peerNginx   = "nginx"
	peerDirect  = "app alone"
)

// peer is one proxy.
type peer struct {
	name string
	pids []int // with their children; what they use is its processor time
	port int
	url  string
}

// field is what takes part: the app, the proxies, a session.
type field struct {
	dir     string
	script  string // for wrk
	cookie  string
	direct  *peer
	peers   []*peer
	stage   *stage.Stage
	referee *stage.Referee
	running []*exec.Cmd
}

// policies are a company's: everybody goes through the gateway, downloads are blocked at level strict from devices
// without proof, and some more say what else is not done. What the benchmark saves is let pass, since a refusal is
// quick.
const policies = `
kind: ConditionalAccess
id: route
name: Route everybody through session control
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [onedrive]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
---
kind: SessionPolicy
id: block-download-unmanaged
name: Block download from unmanaged
control: controlFileDownload
activities: {app: {eq: onedrive}, device.tags: {eq: unmanaged}}
files: {not: {extension: {eq: bin}}}
inspection: none
action: block
level: strict
unscannable: block
---
kind: SessionPolicy
id: block-print
name: No printing on unmanaged devices
control: blockActivities
activities: {activity.type: {eq: print}, device.tags: {eq: unmanaged}}
action: block
---
kind: SessionPolicy
id: block-upload-guests
name: Guests bring no programs
control: controlFileUpload
activities: {user.external: {eq: true}}
files: {extension: {eq: [exe, msi, js, vbs]}}
inspection: none
action: block
---
kind: SessionPolicy
id: watch
name: Watch the board
control: monitorOnly
activities: {user.groups: {eq: Board}}
action: audit
`

// openField starts everything.
func openField(ctx context.Context, dir string) (_ *field, err error) {
	f := &field{dir: dir, script: filepath.Join(dir, "wrk.lua")}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	for _, tool := range []string{"nginx", "wrk", "h2load"} {
		if command(tool) == "" {
			return nil, fmt.Errorf("%s is not installed; build/test-prereqs.sh installs what the tests and benchmarks need", tool)
		}
	}
	if err := os.WriteFile(f.script, []byte(script), 0o600); err != nil {
		return nil, err
	}
	app, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	f.stage, err = stage.New(stage.Options{Dir: dir, Origin: "127.0.0.1:" + strconv.Itoa(app[0]), Policies: policies})
	if err != nil {
		return nil, err
	}
	if err := f.openApp(app[0], app[1]); err != nil {
		return nil, err
	}
	if f.referee, err = f.stage.Start(ctx); err != nil {
		return nil, err
	}
	person, err := f.stage.SignIn(ctx, "demo", 0)
	if err != nil {
		return nil, err
	}
	f.cookie = person.Cookie()
	name, _, _ := strings.Cut(person.Host, ":")
	referee := &peer{name: peerReferee, pids: []int{f.referee.PID}, port: f.stage.Port, url: "https://" + person.Host}
	bare, err := f.openProxy(name, app[0], app[2])
	if err != nil {
		return nil, err
	}
	engine, err := f.openNginx(name, app[0], app[3])
	if err != nil {
		return nil, err
	}
	f.peers = []*peer{referee, bare, engine}
	f.direct = &peer{name: peerDirect, port: app[1], url: "https://" + stage.App + ":" + strconv.Itoa(app[1])}
	return f, nil
}

// close ends everything that was started, by process id.
func (f *field) close() {
	if f.referee != nil {
		if err := f.referee.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}
	for _, cmd := range f.running {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		timer := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
	}
	if f.stage != nil {
		_ = f.stage.Close()
	}
}

// run starts a program that stays, and waits until it listens.
func (f *field) run(cmd *exec.Cmd, port int) (int, error) {
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	f.running = append(f.running, cmd)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port)) //nolint:noctx // loopback
		if err == nil {
			return cmd.Process.Pid, c.Close()
		}
		if time.Now().After(end) {
			return 0, errors.Join(fmt.Errorf("%s does not listen", cmd.Path), err)
		}
	}
}

func command(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path := filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// freePorts finds ports that nobody uses now.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback
		if err != nil {
			return nil, err
		}
		defer l.Close() //nolint:errcheck // all are held until all are found
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
