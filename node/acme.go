package node

import (
	"context"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/acmedns"
)

// openACME makes the manager of ACME certificates from the configuration.
func openACME(_ context.Context, c Config, names func() [][]string, now func() time.Time, log *slog.Logger) (*acmedns.Manager, error) {
	a := c.TLS.ACME
	opt := acmedns.Options{Dir: filepath.Join(c.Data, "acme"), Directory: a.Directory, Email: a.Email, Names: names, Now: now, Log: log}
	if a.CAFile != "" {
		text, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fault.As(err, fault.Invalid, "node.acme", a.CAFile)
		}
		opt.Roots = x509.NewCertPool()
		if !opt.Roots.AppendCertsFromPEM(text) {
			return nil, fault.New(fault.Invalid, "node.acme", "%s holds no certificate", a.CAFile)
		}
	}
	if d := a.Delegated; d != nil {
		var err error
		if opt.Responder, err = acmedns.Listen(acmedns.Delegation{Zone: d.Zone, NameServer: d.NameServer, Listen: d.Listen}, now); err != nil {
			return nil, err
		}
		return acmedns.Open(opt)
	}
	secret, err := readSecret(a.DNS.KeyFile)
	if err != nil {
		return nil, err
	}
	opt.DNS = acmedns.DNS{Server: a.DNS.Server, Zone: a.DNS.Zone, KeyName: a.DNS.KeyName, Secret: secret, Algorithm: a.DNS.Algorithm}
	return acmedns.Open(opt)
}
