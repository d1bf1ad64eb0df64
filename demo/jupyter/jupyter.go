// Package jupyter runs a real web app for the demo: Debian's Jupyter notebook behind Apache, whose
// mod_auth_openidc accepts sign-in from Referee alone. The notebook listens on a socket that only that Apache
// can open, so there is no way around the sign-in.
//
// It owns two child processes and their configuration in one folder. It installs nothing: the packages are
// apache2, libapache2-mod-auth-openidc and jupyter-notebook. Layer L6, part of the demo. Begin with [Start].
package jupyter

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"text/template"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Config says where the app lives and whom it trusts.
type Config struct {
	Dir          string // made anew at each start; its path is at most 80 bytes, since a socket lies in it
	Host         string // host:port that browsers use; Apache listens on that port of loopback
	Certificate  *tls.Certificate
	Issuer       string
	ClientID     string
	ClientSecret string
	CAFile       string // roots for the issuer's certificate
	Log          *slog.Logger
}

// Notebook is the running app.
type Notebook struct {
	config Config
	procs  []*exec.Cmd
}

//go:embed apache.conf.tmpl
var apacheText string

var apacheConf = template.Must(template.New("apache.conf").Parse(apacheText))

// startTime is how long the two may take until they answer.
const startTime = 40 * time.Second

// Missing lists the commands and modules that have to be installed first, by Debian package.
func Missing() []string {
	var missing []string
	for _, need := range [][2]string{{"/usr/sbin/apache2", "apache2"}, {"/usr/lib/apache2/modules/mod_auth_openidc.so", "libapache2-mod-auth-openidc"}, {"/usr/bin/jupyter-notebook", "jupyter-notebook"}} {
		if _, err := os.Stat(need[0]); err != nil {
			missing = append(missing, need[1])
		}
	}
	return missing
}

// Start starts the notebook and its Apache, and returns when Apache answers. Close ends both.
func Start(ctx context.Context, c Config) (n *Notebook, err error) {
	if missing := Missing(); len(missing) > 0 {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: "jupyter.Start", Msg: "packages are not installed", Help: "apt-get install --no-install-recommends " + joined(missing)}
	}
	n = &Notebook{config: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if err := n.files(); err != nil {
		return n, err
	}
	if err := n.run("jupyter.log", "/usr/bin/jupyter-notebook", "--no-browser", "--sock="+n.path("notebook.sock"), "--notebook-dir="+n.path("files"), "--allow-root",
		"--NotebookApp.token=", "--NotebookApp.password=", "--NotebookApp.allow_remote_access=True", "--NotebookApp.quit_button=False"); err != nil {
		return n, err
	}
	if err := n.wait(ctx, "unix", n.path("notebook.sock")); err != nil {
		return n, err
	}
	if err := n.handOver(); err != nil {
		return n, err
	}
	if err := n.run("apache.log", "/usr/sbin/apache2", "-D", "FOREGROUND", "-f", n.path("apache.conf")); err != nil {
		return n, err
	}
	_, port, err := net.SplitHostPort(c.Host)
	if err != nil {
		return n, fault.As(err, fault.Invalid, "jupyter.Start", c.Host)
	}
	return n, n.wait(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
}

func (n *Notebook) path(name string) string { return filepath.Join(n.config.Dir, name) }

// files writes configuration, certificate and a document to begin with.
func (n *Notebook) files() error {
	const op = "jupyter.files"
	c := n.config
	if err := os.RemoveAll(c.Dir); err != nil {
		return fault.As(err, fault.Unavailable, op, c.Dir)
	}
	roots, err := os.ReadFile(c.CAFile)
	if err != nil {
		return fault.As(err, fault.Unavailable, op, c.CAFile)
	}
	for _, dir := range []string{c.Dir, n.path("files"), n.path("run")} {
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // Apache's own user reads it
			return fault.As(err, fault.Unavailable, op, dir)
		}
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.Certificate.PrivateKey)
	if err != nil {
		return fault.Wrap(err, op, "key")
	}
	var chain bytes.Buffer
	for _, der := range c.Certificate.Certificate {
		chain.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	host, port, err := net.SplitHostPort(c.Host)
	if err != nil {
		return fault.As(err, fault.Invalid, op, c.Host)
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return fault.As(err, fault.Invalid, op, c.Issuer)
	}
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return fault.Wrap(err, op, "")
	}
	var conf bytes.Buffer
	err = apacheConf.Execute(&conf, map[string]any{
		"Dir": c.Dir, "Host": host, "Port": port, "Issuer": issuer.String(), "ClientID": c.ClientID, "ClientSecret": c.ClientSecret,
		"Root": os.Getuid() == 0, "Passphrase": hex.EncodeToString(secret),
	})
	if err != nil {
		return fault.Wrap(err, op, "apache.conf")
	}
	for name, text := range map[string][]byte{
		"apache.conf": conf.Bytes(), "cert.pem": chain.Bytes(), "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		"files/Quarter.csv": []byte("region,amount\nnorth,120\nsouth,90\n"), "files/Notes.txt": []byte("Notes for the board.\n"),
	} {
		if err := os.WriteFile(n.path(name), text, 0o600); err != nil {
			return fault.As(err, fault.Unavailable, op, name)
		}
	}
	// Apache's own user reads this one.
	return fault.As(os.WriteFile(n.path("roots.pem"), roots, 0o644), fault.Unavailable, op, "roots.pem") //nolint:gosec // certificates are public
}

// handOver gives the notebook's socket to the user that Apache runs as, and to nobody else.
func (n *Notebook) handOver() error {
	if os.Getuid() != 0 {
		return nil // both run as this user
	}
	u, err := user.Lookup("www-data")
	if err != nil {
		return fault.As(err, fault.Unavailable, "jupyter.handOver", "www-data")
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return fault.Wrap(err, "jupyter.handOver", u.Uid)
	}
	return fault.As(os.Chown(n.path("notebook.sock"), uid, -1), fault.Unavailable, "jupyter.handOver", n.path("notebook.sock"))
}

// run starts a child in its own process group; Apache signals its whole group when it ends.
func (n *Notebook) run(log, name string, args ...string) error {
	out, err := os.OpenFile(n.path(log), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fault.As(err, fault.Unavailable, "jupyter.run", log)
	}
	defer out.Close()                  //nolint:errcheck // the child has its own descriptor
	cmd := exec.Command(name, args...) //nolint:gosec // fixed programs
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, out, n.config.Dir
	cmd.Env = append(os.Environ(), "HOME="+n.config.Dir, "JUPYTER_RUNTIME_DIR="+n.path("run"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return fault.As(err, fault.Unavailable, "jupyter.run", name)
	}
	n.procs = append(n.procs, cmd)
	return nil
}

func (n *Notebook) wait(ctx context.Context, network, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		c, err := net.Dial(network, addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return &fault.Error{Kind: fault.Unavailable, Op: "jupyter.wait", Key: addr, Msg: "does not answer", Help: n.lastLines(), Err: err}
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// lastLines shows what the two said last, since their folder goes away with them.
func (n *Notebook) lastLines() string {
	said := ""
	for _, log := range []string{"jupyter.log", "apache.log", "apache-error.log"} {
		if text, err := os.ReadFile(n.path(log)); err == nil && len(text) > 0 {
			said += log + ": " + string(text[max(0, len(text)-600):]) + "\n"
		}
	}
	return said
}

// Close ends both processes, by their ids, and waits for them.
func (n *Notebook) Close() error {
	var errs []error
	for i := len(n.procs) - 1; i >= 0; i-- {
		p := n.procs[i]
		if err := p.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
		done := make(chan struct{})
		go func() { _ = p.Wait(); close(done) }() // it ends by our signal: its status says nothing
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			errs = append(errs, p.Process.Kill())
			<-done
		}
	}
	n.procs = nil
	errs = append(errs, os.RemoveAll(n.config.Dir))
	return errors.Join(errs...)
}

func joined(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += " "
		}
		out += s
	}
	return out
}
