package jetstream

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/referee-casb/referee/fault"
)

// startServer runs a NATS server in this process. It opens no socket and handles no signal.
func startServer(opt Options, d *disk) (*server.Server, error) {
	const op = "jetstream.Open"
	topics := int64(max(1, len(opt.Consumers)))
	s, err := server.NewServer(&server.Options{
		ServerName:         "referee",
		DontListen:         true,
		NoSigs:             true,
		NoSystemAccount:    true,
		JetStream:          true,
		StoreDir:           opt.Dir,
		JetStreamMaxMemory: 16 << 20,
		// The topics' own limits are what counts; the server needs room for them all and their bookkeeping.
		JetStreamMaxStore: topics*opt.MaxBytes + 256<<20,
		MaxPayload:        int32(opt.MaxMessage + 64<<10), // headers count
		MaxPending:        256 << 20,
		SyncAlways:        opt.SyncAlways,
		SyncInterval:      2 * time.Minute,
	})
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, opt.Dir)
	}
	s.SetLoggerV2(&serverLog{opt.Log, d}, false, false, false)
	s.Start()
	// Recovery reads the stored messages; a full bus of 2 GiB takes seconds.
	if !s.ReadyForConnections(time.Minute) {
		s.Shutdown()
		return nil, fault.New(fault.Unavailable, op, "the embedded server did not start within a minute")
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		return nil, &fault.Error{
			Kind: fault.Unavailable, Op: op, Key: opt.Dir, Msg: "the embedded server could not open its store",
			Help: "see the log for the cause; the disk may be full or the directory not writable",
		}
	}
	return s, nil
}

// clusterOptions are the connection options for a cluster.
func clusterOptions(opt Options) []nats.Option {
	var out []nats.Option
	if opt.CredentialsFile != "" {
		out = append(out, nats.UserCredentials(opt.CredentialsFile))
	}
	if opt.CAFile != "" {
		out = append(out, nats.RootCAs(opt.CAFile))
	}
	if opt.CertFile != "" {
		out = append(out, nats.ClientCert(opt.CertFile, opt.KeyFile))
	}
	return out
}

func joinURLs(urls []string) string { return strings.Join(urls, ",") }

// serverLog hands the embedded server's lines to slog. Its notices are of interest to nobody but a debugger.
type serverLog struct {
	log  *slog.Logger
	disk *disk
}

func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("bus server", "line", fmt.Sprintf(format, v...))
}

func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("bus server", "line", fmt.Sprintf(format, v...))
}

func (l *serverLog) Fatalf(format string, v ...any) {
	l.log.Error("bus server", "line", fmt.Sprintf(format, v...))
}

func (l *serverLog) Errorf(format string, v ...any) {
	line := fmt.Sprintf(format, v...)
	l.log.Error("bus server", "line", line)
	l.disk.line(line)
}
func (l *serverLog) Debugf(string, ...any) {}
func (l *serverLog) Tracef(string, ...any) {}
