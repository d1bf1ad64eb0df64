// Command referee is the whole of Referee: it serves, and it is the administrator's command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/referee-casb/referee/cli"
	"github.com/referee-casb/referee/demo"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/node"
)

func main() {
	if worker.Asked() {
		os.Exit(node.ReadFiles())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := cli.New(cli.Functions{
		Serve:         node.Serve,
		Demo:          startDemo,
		Trust:         trustDemo,
		Untrust:       untrustDemo,
		Recover:       recoverAdmin,
		CheckConfig:   node.CheckConfig,
		ExampleConfig: func() string { return node.ExampleConfig },
	}).ExecuteContext(ctx)
	stop()
	os.Exit(cli.ExitCode(err))
}

// recoverAdmin makes an administrator's token on the host.
func recoverAdmin(ctx context.Context, o cli.RecoverOptions) (cli.Recovered, error) {
	r, err := node.Recover(ctx, node.Recovery{Config: o.Config, Data: o.Data, Tenant: o.Tenant, Reason: o.Reason, For: o.For})
	return cli.Recovered{ID: r.ID, Tenant: r.Tenant, By: r.By, Expires: r.Expires, TokenFile: r.TokenFile}, err
}

// startDemo starts the demo with what the command line gave.
func startDemo(ctx context.Context, o cli.DemoOptions) error {
	return demo.Run(ctx, demo.Options{
		Data: o.Data, Port: o.Port, JSON: o.JSON, Advance: o.Advance, Real: o.Real, Block: o.Block, Out: o.Out, Worker: node.Worker(),
		PDFJS: viewer(),
	})
}

// viewer finds pdf.js where `make demo-web` puts it: below the work tree that the binary was built in, or below the
// working folder. Without it, the files app says that the viewer isn't installed.
func viewer() string {
	inTree := filepath.Join("demo", "filesapp", "web", "node_modules", "pdfjs-dist")
	if exe, err := os.Executable(); err == nil {
		if dir := filepath.Join(filepath.Dir(exe), "..", inTree); isDir(dir) {
			return dir
		}
	}
	return inTree
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func trustDemo(ctx context.Context, o cli.DemoOptions) error { return demo.Trust(ctx, o.Data, o.Out) }

func untrustDemo(ctx context.Context, o cli.DemoOptions) error {
	return demo.Untrust(ctx, o.Data, o.Out)
}
