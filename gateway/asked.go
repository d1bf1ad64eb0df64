package gateway

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/model"
)

// asked remembers which sessions were sent to prove their device, so that one that can't isn't sent round and round.
type asked struct {
	some atomic.Bool // false while nobody was ever asked: nothing to lock for
	mu   sync.Mutex
	at   map[model.SessionID]asking
}

// asking is when a session was asked, and as which user agent: what another program with a copied cookie can't prove says
// nothing about the person's own.
type asking struct {
	at    time.Time
	agent string
}

const askAgain = 5 * time.Minute

func (a *asked) recently(id model.SessionID, agent string, now time.Time) bool {
	if !a.some.Load() {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t, ok := a.at[id]
	return ok && t.agent == agent && now.Sub(t.at) < askAgain
}

func (a *asked) now(id model.SessionID, agent string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.some.Store(true)
	if a.at == nil {
		a.at = map[model.SessionID]asking{}
	}
	if len(a.at) > 10_000 {
		for k, t := range a.at {
			if now.Sub(t.at) >= askAgain {
				delete(a.at, k)
			}
		}
	}
	a.at[id] = asking{now, agent}
}

// forget lets a session be asked again: its device facts changed.
func (a *asked) forget(id model.SessionID) {
	if !a.some.Load() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.at, id)
}

// askedPurpose is the vault purpose of the cookie by which other gateways see that a browser was asked.
const askedPurpose = "gateway.asked"

// noteAsked remembers that the browser is sent to prove its device: here, and in the browser for whichever gateway it comes
// back to. Without that each of them would send it round once, and a balancer that takes turns would make a circle of it.
func (h *hop) noteAsked() {
	h.g.asked.now(h.sess.ID, h.in.Agent.Raw, h.now)
	value, err := h.g.parts.Vault.Sign(h.t.Tenant, askedPurpose, []byte(h.asker()), h.now.Add(askAgain))
	if err != nil {
		h.g.log.Error("question to a device not noted", "err", err, "tenant", h.t.Tenant)
		return // this gateway remembers
	}
	h.fresh = append(h.fresh, header.AskedCookie+"="+value+"; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age="+strconv.Itoa(int(askAgain.Seconds())))
}

// askedBefore reports whether this session was asked lately, by this gateway or another. Who takes the cookie away is asked
// again; who keeps one is of an unproven device, which no policy prefers.
func (h *hop) askedBefore() bool {
	if h.g.asked.recently(h.sess.ID, h.in.Agent.Raw, h.now) {
		return true
	}
	if h.own.Asked == "" {
		return false
	}
	who, err := h.g.parts.Vault.Verify(h.t.Tenant, askedPurpose, h.own.Asked)
	return err == nil && string(who) == h.asker()
}

// asker is who was asked: a session, as one program.
func (h *hop) asker() string { return string(h.sess.ID) + " " + digest(h.in.Agent.Raw) }
