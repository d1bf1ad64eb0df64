package acmedns

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"github.com/referee-casb/referee/fault"
)

// keptAccount is how the account is stored.
type keptAccount struct {
	Account acme.Account `json:"account"`
	Key     []byte       `json:"key"` // PKCS #8
}

// accountFile is where the account with this authority is. Another authority has another account.
func (m *Manager) accountFile() string {
	sum := sha256.Sum256([]byte(m.opt.Directory))
	return filepath.Join(m.opt.Dir, "account-"+hex.EncodeToString(sum[:4])+".json")
}

// account loads the account, or registers one.
func (m *Manager) account(ctx context.Context, client acmez.Client) (acme.Account, error) {
	const op = "acmedns.account"
	name := m.accountFile()
	text, err := os.ReadFile(name) //nolint:gosec // below the operator's data folder
	switch {
	case err == nil:
		return readAccount(name, text)
	case !errors.Is(err, fs.ErrNotExist):
		return acme.Account{}, fault.As(err, fault.Unavailable, op, name)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return acme.Account{}, fault.Wrap(err, op, "")
	}
	account := acme.Account{TermsOfServiceAgreed: true, PrivateKey: private}
	if m.opt.Email != "" {
		account.Contact = []string{"mailto:" + m.opt.Email}
	}
	if account, err = client.NewAccount(ctx, account); err != nil {
		return account, fault.As(err, fault.Unavailable, op, m.opt.Directory)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return account, fault.Wrap(err, op, "")
	}
	if text, err = json.Marshal(keptAccount{Account: account, Key: der}); err != nil {
		return account, fault.Wrap(err, op, "")
	}
	return account, write(name, text)
}

func readAccount(name string, text []byte) (acme.Account, error) {
	bad := func(err error) (acme.Account, error) {
		return acme.Account{}, &fault.Error{
			Kind: fault.Invalid, Op: "acmedns.account", Key: name, Msg: "the stored account can't be read", Err: err,
			Help: "delete the file; an account is registered anew",
		}
	}
	var kept keptAccount
	if err := json.Unmarshal(text, &kept); err != nil {
		return bad(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(kept.Key)
	if err != nil {
		return bad(err)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return bad(errors.New("its key is not an ECDSA key"))
	}
	kept.Account.PrivateKey = private
	return kept.Account, nil
}

// write replaces a file whole, readable by its owner alone, and on disk before it returns.
func write(name string, data []byte) error {
	const op = "acmedns.write"
	tmp := name + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // below the operator's data folder
	if err != nil {
		return fault.As(err, fault.Unavailable, op, tmp)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fault.As(err, fault.Unavailable, op, tmp)
	}
	return fault.As(os.Rename(tmp, name), fault.Unavailable, op, name)
}
