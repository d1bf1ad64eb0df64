package node

import (
	"context"
	"errors"
	"os"

	"github.com/referee-casb/referee/inspect/worker"
)

// Serve runs Referee with a configuration file until ctx ends.
func Serve(ctx context.Context, file string) error {
	c, err := ReadConfig(file)
	if err != nil {
		return err
	}
	n, err := Open(ctx, c, Options{Worker: Worker()})
	if err != nil {
		return err
	}
	return errors.Join(n.Run(ctx), n.Close())
}

// Worker is what starts a reading process of this binary, which must call [ReadFiles] when it is [worker.Asked].
func Worker() []string {
	self, err := os.Executable()
	if err != nil {
		return nil // fail closed: nothing but plain text is inspected then
	}
	return []string{self, worker.Command}
}

// CheckConfig reports every mistake in a configuration file without starting anything.
func CheckConfig(file string) error {
	_, err := ReadConfig(file)
	return err
}

// ExampleConfig is a whole configuration with the settings that most installations change.
const ExampleConfig = `# Referee's configuration. Relative paths are relative to this file.
data: /var/lib/referee
listen: ":443"

# Mapped hosts are <label>.<tenant>.<suffix>. Give the suffix a registrable domain of its own.
suffix: gate-example.net
signin: signin.example.com
device: device.example.com
api: referee.example.com

tls:
  files:
    - {certificate: certs/gate.pem, key: certs/gate.key}        # *.<tenant>.gate-example.net, one a tenant
    - {certificate: certs/signin.pem, key: certs/signin.key}
    - {certificate: certs/device.pem, key: certs/device.key}    # a certificate of its own
    - {certificate: certs/referee.pem, key: certs/referee.key}

operator:
  name: Example Managed Services
  abuse: mailto:abuse@example.com

log:
  level: info
  format: json
`
