// Package intune asks Microsoft Graph about a device whose Entra id is proven: whether Intune calls it compliant, and
// which attributes Entra and Intune keep of it.
//
// It owns the two look-ups, when Graph is left alone, and a cache of minutes. It does not own the talk with Graph
// (internal/msgraph), and it proves nothing by itself: the caller must have the id from a verified certificate or claim (device.ProvenID). Whatever
// goes wrong is an error and never a statement about the device. Layer L2. Begin with [Client.LookUp].
package intune

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/msgraph"
	"github.com/referee-casb/referee/model"
)

// Settings say which directory is asked, and as whom.
type Settings struct {
	Tenant   string // directory id or domain
	ClientID string
	Secret   string
	Login    string // "" for https://login.microsoftonline.com
	Graph    string // "" for https://graph.microsoft.com
}

// Answer is what Graph said of a device.
type Answer struct {
	Enrolled  bool   // Intune manages it
	State     string // Intune's complianceState, "" when it is not enrolled
	Compliant bool
	Hybrid    bool // joined to the company's own domain as well
	Facts     model.DeviceFacts
	At        time.Time // when Graph was asked
}

// Bounds.
const (
	lookUpTime = 5 * time.Second // the person's browser waits
	keepAnswer = 5 * time.Minute
	keepError  = 30 * time.Second
	maxPause   = 10 * time.Minute
	maxPages   = 5
	maxKept    = 10_000
	maxGraphs  = 1000
)

// Client asks Graph for any number of tenants. Safe for concurrent use.
type Client struct {
	http *http.Client
	now  func() time.Time
	one  singleflight.Group

	mu     sync.Mutex
	graphs map[string]*msgraph.Client // by directory
	kept   map[string]kept
	pause  map[string]time.Time // until when a directory asked to be left alone
}

type kept struct {
	answer Answer
	err    error
	until  time.Time
}

// New returns a client that sends through base.
func New(base *http.Client, now func() time.Time) *Client {
	return &Client{http: base, now: now, graphs: map[string]*msgraph.Client{}, kept: map[string]kept{}, pause: map[string]time.Time{}}
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// LookUp asks about a device. A device that neither Entra nor Intune knows is an answer, with Enrolled false. An id
// that is no Entra device id is Invalid; everything that keeps Graph from answering is Unavailable, and is
// remembered for half a minute.
func (c *Client) LookUp(ctx context.Context, owner model.TenantID, s Settings, device string) (Answer, error) {
	const op = "intune.LookUp"
	device = strings.ToLower(device)
	if !guid.MatchString(device) {
		return Answer{}, &fault.Error{Kind: fault.Invalid, Op: op, Key: device, Msg: "is not a device id of Entra", Help: "let the certificate or claim name the device by its Entra device id, a GUID"}
	}
	if s.Login == "" {
		s.Login = "https://login.microsoftonline.com"
	}
	if s.Graph == "" {
		s.Graph = "https://graph.microsoft.com"
	}
	key := string(owner) + " " + s.directory() + " " + device
	c.mu.Lock()
	k, ok := c.kept[key]
	c.mu.Unlock()
	if ok && c.now().Before(k.until) {
		return k.answer, k.err
	}
	got, _, _ := c.one.Do(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTime)
		defer cancel()
		k := kept{until: c.now().Add(keepError)}
		if k.answer, k.err = c.ask(ctx, s, device); k.err == nil {
			k.until = c.now().Add(keepAnswer)
		} else {
			k.err = fault.As(k.err, fault.Unavailable, op, s.Tenant)
		}
		c.keep(key, k)
		return k, nil
	})
	k = got.(kept) //nolint:forcetypeassert // the function above returns nothing else
	return k.answer, k.err
}

// directory names settings without telling the secret.
func (s Settings) directory() string {
	sum := sha256.Sum256([]byte(s.Secret))
	return s.Login + " " + s.Graph + " " + s.Tenant + " " + s.ClientID + " " + hex.EncodeToString(sum[:8])
}

func (c *Client) keep(key string, k kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxKept {
		now := c.now()
		for old, e := range c.kept {
			if !now.Before(e.until) || len(c.kept) >= maxKept {
				delete(c.kept, old)
			}
		}
	}
	c.kept[key] = k
}

func (c *Client) ask(ctx context.Context, s Settings, device string) (Answer, error) {
	c.mu.Lock()
	wait := c.pause[s.directory()]
	c.mu.Unlock()
	if c.now().Before(wait) {
		return Answer{}, errors.New("Graph asked to be left alone until " + wait.UTC().Format(time.RFC3339))
	}
	g, err := c.graph(s)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{At: c.now()}
	if err = managed(ctx, g, device, &a); err == nil {
		err = registered(ctx, g, device, &a)
	}
	var no *msgraph.Refusal
	if errors.As(err, &no) && (no.Status == http.StatusTooManyRequests || no.Status == http.StatusServiceUnavailable) {
		c.mu.Lock()
		c.pause[s.directory()] = c.now().Add(pauseFor(no.Wait))
		c.mu.Unlock()
	}
	return a, bare(err)
}

// pauseFor is how long a directory is left alone: as long as it asks for, a minute when it does not say.
func pauseFor(asked time.Duration) time.Duration {
	if asked <= 0 {
		asked = time.Minute
	}
	return min(asked, maxPause)
}

// graph is the client of one directory. It never waits to send a request again: the person's browser waits.
func (c *Client) graph(s Settings) (*msgraph.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.graphs[s.directory()]
	if ok {
		return g, nil
	}
	g, err := msgraph.New(msgraph.Config{
		Tenant: s.Tenant, ClientID: s.ClientID, Secret: func() (string, error) { return s.Secret, nil },
		Login: s.Login, Graph: strings.TrimSuffix(s.Graph, "/") + "/v1.0", HTTP: c.http, Now: c.now, Patience: -1,
	})
	if err != nil {
		return nil, err
	}
	if len(c.graphs) >= maxGraphs {
		clear(c.graphs) // secrets that were changed since among them; each is made again when it is needed
	}
	c.graphs[s.directory()] = g
	return g, nil
}

// bare leaves out of an error what it was about: the address names the device.
func bare(err error) error {
	said := ""
	for {
		var e *fault.Error
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &e):
			return errors.New(said + err.Error())
		case e.Err == nil:
			return errors.New(said + e.Msg)
		case e.Msg != "":
			said += e.Msg + ": "
		}
		err = e.Err
	}
}
