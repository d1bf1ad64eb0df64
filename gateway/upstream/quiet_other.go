//go:build !unix

package upstream

import (
	"errors"
	"net"
)

// canPeek says that net/http has to look after all connections here.
const canPeek = false

type peeker struct{}

func newPeeker(net.Conn) (*peeker, error) { return nil, errors.ErrUnsupported }

func (*peeker) quiet() bool { return false }
