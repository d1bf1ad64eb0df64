package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

// Recovery is what an operator asks for at the host.
type Recovery struct {
	Config string        // configuration file that names the data folder; "" where Data does
	Data   string        // data folder
	Tenant string        // "" for the whole installation
	Reason string        // why, for the record
	For    time.Duration // how long the token is good
	Now    func() time.Time
}

// Recovered is an administrator's token that was made at the host.
type Recovered struct {
	tenant.Recovery
	TokenFile string `json:"tokenFile"`
}

// Bounds of a recovery's token.
const (
	minRecovery = time.Minute
	maxRecovery = 8 * time.Hour
)

// RecoveryFile is the name of the file below the data folder that holds the token.
const RecoveryFile = "recovery.token"

// Recover makes an administrator's token from the data folder alone, so that it needs no provider, no network and no
// running Referee. It takes what the service itself has: the folder's owner, or root, who can read the master key. Who
// has that could change the store with any editor; this way it is time-boxed, and told in every tenant's log: by the
// running Referee within seconds, else at its next start.
func Recover(ctx context.Context, r Recovery) (Recovered, error) {
	const op = "node.Recover"
	if r.Config != "" {
		c, err := ReadConfig(r.Config)
		if err != nil {
			return Recovered{}, err
		}
		r.Data = c.Data
	}
	if r.Now == nil {
		r.Now = time.Now
	}
	switch reason := strings.TrimSpace(r.Reason); {
	case len(reason) < 8 || len(reason) > 500:
		return Recovered{}, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "a reason of 8 to 500 characters is needed", Help: "say why; it is kept, and every tenant's administrators see it"}
	case r.For < minRecovery || r.For > maxRecovery:
		return Recovered{}, &fault.Error{Kind: fault.Invalid, Op: op, Key: r.For.String(), Msg: "is not a time of a minute to 8 hours", Help: "make a lasting token with it: referee token add"}
	}
	if err := ownFolder(r.Data); err != nil {
		return Recovered{}, err
	}
	master, err := vault.ReadMaster(filepath.Join(r.Data, "keys", vault.MasterFile))
	if err != nil {
		return Recovered{}, fault.Wrap(err, op, r.Data) // fail closed: whoever can't read the key has no business here
	}
	db, err := sqlite.Open(ctx, filepath.Join(r.Data, "referee.db"), sqlite.Options{Existing: true, Now: r.Now})
	if err != nil {
		return Recovered{}, fault.Wrap(err, op, r.Data)
	}
	out, err := recoverWith(ctx, db, master, r)
	return out, errors.Join(err, db.Close())
}

func recoverWith(ctx context.Context, db *sqlite.DB, master *vault.Master, r Recovery) (Recovered, error) {
	const op = "node.Recover"
	tenants, err := db.VaultTenants(ctx)
	if err != nil {
		return Recovered{}, fault.Wrap(err, op, r.Data)
	}
	if len(tenants) > 0 {
		if _, err := vault.Open(master, db, r.Now).Key(tenants[0], "recovery"); err != nil {
			// fail closed: the key is another installation's
			return Recovered{}, &fault.Error{Kind: fault.Denied, Op: op, Key: r.Data, Msg: "the master key does not open this installation's keys", Help: "restore keys/master.key from the backup that belongs to the database", Err: err}
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	scope := r.Tenant
	if scope == "" {
		scope = tenant.Everywhere
	}
	now := r.Now()
	made, secret, err := api.Recover(ctx, db, tenant.Recovery{Tenant: scope, By: whoami(), Host: host, Reason: strings.TrimSpace(r.Reason), At: now, Expires: now.Add(r.For)})
	if err != nil {
		return Recovered{}, err
	}
	file := filepath.Join(r.Data, RecoveryFile)
	return Recovered{made, file}, writeSecret(file, secret)
}

// ownFolder refuses a data folder that is not the caller's alone.
func ownFolder(dir string) error {
	const op = "node.Recover"
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: dir, Msg: "there is no such data folder", Help: "name Referee's data folder with --data, or its configuration with --config"}
	}
	if err != nil {
		return fault.As(err, fault.Denied, op, dir)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch me := os.Geteuid(); {
	case !info.IsDir() || !ok:
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: dir, Msg: "is no folder"}
	case me != 0 && int64(stat.Uid) != int64(me):
		return &fault.Error{Kind: fault.Denied, Op: op, Key: dir, Msg: "belongs to another user", Help: "run it as the user that Referee runs as, or as root"}
	case info.Mode().Perm()&0o077 != 0:
		return &fault.Error{Kind: fault.Denied, Op: op, Key: dir, Msg: "can be read or written by others than its owner", Help: "chmod 700 " + dir + ", and find out who could have changed what is in it"}
	}
	return nil
}

// whoami names who runs this, as the operating system knows them; through sudo, who that was before.
func whoami() string {
	name := strconv.Itoa(os.Getuid())
	if u, err := user.LookupId(name); err == nil {
		name = u.Username + " (" + name + ")"
	}
	if before := os.Getenv("SUDO_USER"); before != "" && os.Geteuid() == 0 {
		name += fmt.Sprintf(" for %.64q", before)
	}
	return name
}

// writeSecret puts a secret into a file that its owner alone reads, in the place of one that was there. The folder is
// the owner's, so that the name can't be made to lead elsewhere by others.
func writeSecret(file, secret string) error {
	const op = "node.Recover"
	tmp, err := os.CreateTemp(filepath.Dir(file), RecoveryFile+".*") // mode 0600
	if err != nil {
		return fault.As(err, fault.Unavailable, op, file)
	}
	_, err = tmp.WriteString(secret + "\n")
	err = errors.Join(err, tmp.Close())
	if stat, serr := os.Stat(filepath.Dir(file)); serr == nil && err == nil && os.Geteuid() == 0 {
		if owner, ok := stat.Sys().(*syscall.Stat_t); ok {
			err = os.Chown(tmp.Name(), int(owner.Uid), int(owner.Gid)) // root made it; the service's user reads it
		}
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // what is left of it is no use
	}
	return fault.As(err, fault.Unavailable, op, file)
}
