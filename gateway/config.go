package gateway

import (
	"net/netip"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Config is what an operator sets. The zero value of every duration and size takes the default named with it.
type Config struct {
	Suffix   string // below which mapped hosts live, with ":port" unless 443; as the catalogue has it
	Broker   string // origin of the sign-in host: https://signin.example.com[:port]
	Operator string // who runs this gateway, shown at the suffix apex
	Site     string // the operator's own site, "" none
	Abuse    string // mail address or https address for reports of abuse

	// Plain accepts requests without TLS, for a listener behind a balancer that terminates it.
	Plain bool
	// HSTS is the max-age of Strict-Transport-Security; 0 sends none.
	HSTS time.Duration
	// TellAddress sends the client's address to apps in X-Forwarded-For.
	TellAddress bool
	// Private lists address ranges that catalogue entries may lead to though they are not public: loopback for the
	// demo, a company's own network. Without it an app's host can't be made to lead into the operator's network.
	Private []netip.Prefix

	HeaderTimeout time.Duration // until the app's answer begins; 60 s
	DialTimeout   time.Duration // 10 s
	IdleConns     int           // kept open a host; 512
	StashBody     int64         // largest form without files kept across sign-in; 1 MiB
	StashFiles    int64         // largest form with files kept across sign-in; 8 MiB
	StashUpload   int64         // largest request kept across a step-up; 16 MiB
	ReverseBody   int64         // largest body searched for mapped hosts on its way to the app; 1 MiB
	RangeIdle     time.Duration // after which a file fetched in pieces counts as left; 60 s

	// Bodies that are held while their size or content is looked at. What is over a limit is not looked at: each policy's
	// unscannable decides about it. What the disk has no room for is refused.
	SpoolDir     string        // where they lie; "" is the system's folder for temporary files
	SpoolBody    int64         // the largest; 16 GiB
	SpoolSession int64         // of one session, all together; 32 GiB
	SpoolTenant  int64         // of one tenant; 64 GiB
	SpoolNode    int64         // of this gateway; 256 GiB
	SpoolReserve int64         // space of the disk that is left free for others, such as the bus; 2 GiB
	HoldTime     time.Duration // how long one may take to arrive; 30 min
	HoldBody     int64         // largest write held for a step-up; 64 MiB
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.HeaderTimeout, 60*time.Second)
	def(&c.DialTimeout, 10*time.Second)
	def(&c.RangeIdle, time.Minute)
	size := func(n *int64, v int64) {
		if *n == 0 {
			*n = v
		}
	}
	size(&c.StashBody, 1<<20)
	size(&c.StashFiles, 8<<20)
	size(&c.StashUpload, 16<<20)
	size(&c.ReverseBody, 1<<20)
	size(&c.SpoolBody, 16<<30)
	size(&c.SpoolSession, 32<<30)
	size(&c.SpoolTenant, 64<<30)
	size(&c.SpoolNode, 256<<30)
	size(&c.SpoolReserve, 2<<30)
	size(&c.HoldBody, 64<<20)
	def(&c.HoldTime, 30*time.Minute)
	if c.IdleConns == 0 {
		c.IdleConns = 512
	}
	return c
}

// Validate reports what is wrong with a configuration.
func (c Config) Validate() error {
	bad := func(key, msg string) error {
		return &fault.Error{Kind: fault.Invalid, Op: "gateway.Config", Key: key, Msg: msg}
	}
	broker, ok := strings.CutPrefix(c.Broker, "https://")
	switch {
	case c.Suffix == "" || c.Suffix != strings.ToLower(c.Suffix):
		return bad("suffix", "must be a host name in lower case")
	case !ok || broker == "" || strings.ContainsAny(broker, "/?#@ "):
		return bad("broker", "must be an https origin")
	case broker == c.Suffix || strings.HasSuffix(hostOf(broker), "."+hostOf(c.Suffix)):
		return bad("broker", "must not be under the suffix: its cookies would be within reach of apps")
	case c.StashBody < 0 || c.StashFiles < 0 || c.StashUpload < 0 || c.ReverseBody < 0 || c.IdleConns < 0,
		c.SpoolBody < 0 || c.SpoolSession < 0 || c.SpoolTenant < 0 || c.SpoolNode < 0 || c.SpoolReserve < 0 || c.HoldBody < 0:
		return bad("sizes", "must not be negative")
	}
	return nil
}

// hostOf is an authority without its port.
func hostOf(authority string) string {
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		return authority[:i]
	}
	return authority
}
