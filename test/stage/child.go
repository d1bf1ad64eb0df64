package stage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/devca"
	"github.com/referee-casb/referee/node"
)

// childVariable names the setup file in the environment of a process that is to be Referee.
const childVariable = "REFEREE_STAGE_SETUP"

// listenerFD is where the child finds its listener: it stays open over kills, so that nobody else takes the port.
const listenerFD = 3

// Child runs Referee and exits, when this process was started to be it; otherwise it does nothing. Programs and
// TestMain functions that use the stage call it first.
func Child() {
	beHolder()
	file := os.Getenv(childVariable)
	if file == "" {
		return
	}
	if err := beReferee(file); err != nil {
		fmt.Printf("error %v\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
	os.Exit(0)
}

func beReferee(file string) (err error) {
	s, err := readSetup(file)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fault.As(err, fault.Unavailable, "stage.Child", s.Log)
	}
	defer log.Close() //nolint:errcheck // a log
	listener, err := net.FileListener(os.NewFile(listenerFD, "listener"))
	if err != nil {
		return fault.As(err, fault.Unavailable, "stage.Child", "listener")
	}
	ca, err := devca.Open(s.Authority, time.Now)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c, err := s.config()
	if err != nil {
		return err
	}
	n, err := node.Open(ctx, c, node.Options{
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelInfo})), Listener: listener,
		Transport: Loopback(ca.RootPool()), Authority: ca, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	if err := s.seed(ctx, n); err != nil {
		return err
	}
	go func() {
		obey(os.Stdin, os.Stdout)
		stop()
	}()
	fmt.Println("ready")
	return n.Run(ctx)
}

// config is Referee's configuration for the setup.
func (s *Setup) config() (node.Config, error) {
	c, err := node.ParseConfig([]byte("data: " + strconv.Quote(s.Data) + "\nlisten: \"127.0.0.1:" + strconv.Itoa(s.Port) + "\"\nsuffix: " + s.Suffix +
		"\nsignin: " + SignInHost + "\napi: " + APIHost + "\ntls: {development: true}\noperator: {name: Measurement}\n"))
	c.Bus.MaxBytes = s.BusMaxBytes
	return c, err
}

// obey does what the parent writes, a command a line, and answers with a line; it returns when the parent is gone.
func obey(in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		verb, arg, _ := strings.Cut(lines.Text(), " ")
		var err error
		switch verb {
		case "profile":
			var f *os.File
			if f, err = os.Create(arg); err == nil { //nolint:gosec // the parent names it
				err = pprof.StartCPUProfile(f)
			}
		case "endprofile":
			pprof.StopCPUProfile()
		case "heap":
			var f *os.File
			if f, err = os.Create(arg); err == nil { //nolint:gosec // the parent names it
				err = errors.Join(pprof.WriteHeapProfile(f), f.Close())
			}
		case "free":
			debug.FreeOSMemory()
		default:
			err = fault.New(fault.Invalid, "stage.Child", "unknown command %q", verb)
		}
		if err != nil {
			fmt.Fprintf(out, "error %v\n", err) //nolint:errcheck // the parent is gone then, and so are we
			continue
		}
		fmt.Fprintln(out, "done") //nolint:errcheck // as above
	}
}
