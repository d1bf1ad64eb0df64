package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// sessionBody is a sign-in session on the wire.
type sessionBody struct {
	ID       model.SessionID   `json:"id"`
	User     model.User        `json:"user"`
	Provider model.ProviderID  `json:"provider,omitempty"`
	Created  time.Time         `json:"created"`
	LastSeen time.Time         `json:"lastSeen"`
	Expires  time.Time         `json:"expires"`
	Live     bool              `json:"live"`
	Revoked  time.Time         `json:"revoked,omitzero"`
	Reason   string            `json:"reason,omitempty" doc:"Why it was revoked."`
	Device   []model.DeviceTag `json:"device" doc:"Proven at this moment."`
	Network  model.Network     `json:"network"`
	Agent    model.Agent       `json:"agent"`
	Apps     []appSessionBody  `json:"apps,omitempty" doc:"With apps=true."`
}

type appSessionBody struct {
	ID       string            `json:"id"`
	Instance model.InstanceID  `json:"instance"`
	Control  session.Control   `json:"control"`
	Access   []model.PolicyRef `json:"access,omitempty"`
	Created  time.Time         `json:"created"`
	Noticed  time.Time         `json:"noticed,omitzero"`
	Revoked  time.Time         `json:"revoked,omitzero"`
}

func (a *API) registerSessions(r *registrar) {
	handle(r, "session-list", a.listSessions)
	handle(r, "session-revoke", a.revokeSessions)
}

func (a *API) listSessions(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
	User string `query:"user" maxLength:"500" doc:"Id or sign-in name of a person; everybody without it."`
	All  bool   `query:"all" doc:"Also sessions that are over."`
	Apps bool   `query:"apps" doc:"With their app sessions."`
},
) (*list[sessionBody], error) {
	now := a.Now()
	at := now
	if in.All {
		at = time.Time{}
	}
	all, err := a.Sessions.Sessions(ctx, c.Tenant, "", at)
	if err != nil {
		return nil, err
	}
	if in.User != "" {
		all = slices.DeleteFunc(all, func(s session.Session) bool {
			return string(s.User.ID) != in.User && !strings.EqualFold(s.User.Username, in.User)
		})
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	bodies := make([]sessionBody, len(all))
	for i, s := range all {
		bodies[i] = sessionBody{
			ID: s.ID, User: s.User, Provider: s.Auth.Provider, Created: s.Created, LastSeen: s.LastSeen, Expires: s.Expires,
			Live: s.Live(now), Revoked: s.Revoked, Reason: s.Reason, Device: device.Tags(s.Proofs, now, t.Device.UnknownAsUnmanaged()), Network: s.Network, Agent: s.Agent,
		}
	}
	out, err := pageOf(bodies, in.Paging, func(b sessionBody) string { return string(b.ID) })
	if err != nil || !in.Apps {
		return out, err
	}
	for i := range out.Body.Items {
		b := &out.Body.Items[i]
		apps, err := a.Apps.AppSessions(ctx, c.Tenant, b.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range apps {
			b.Apps = append(b.Apps, appSessionBody{ID: s.ID, Instance: s.Instance, Control: s.Control, Access: s.Access, Created: s.Created, Noticed: s.Noticed, Revoked: s.Revoked})
		}
	}
	return out, nil
}

// userID returns the id of a person who is called by id or sign-in name. Somebody without a live session keeps the
// name given: a revocation also meets sign-ins that are under way.
func (a *API) userID(ctx context.Context, tenant model.TenantID, name model.UserID) (model.UserID, error) {
	live, err := a.Sessions.Sessions(ctx, tenant, "", a.Now())
	if err != nil {
		return "", err
	}
	found := name
	for _, s := range live {
		switch {
		case s.User.ID == name:
			return name, nil
		case strings.EqualFold(s.User.Username, string(name)) && found != name && found != s.User.ID:
			return "", &fault.Error{Kind: fault.Invalid, Op: "api.userID", Key: string(name), Msg: "two people have this sign-in name", Help: "give the user's id"}
		case strings.EqualFold(s.User.Username, string(name)):
			found = s.User.ID
		}
	}
	return found, nil
}

type revokeAnswer struct {
	Body struct {
		Ended int `json:"ended" doc:"How many live sessions it ended."`
	}
}

func (a *API) revokeSessions(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		Session model.SessionID `json:"session,omitempty" doc:"One session, or"`
		User    model.UserID    `json:"user,omitempty" doc:"all of a person's, by id or sign-in name, or"`
		All     bool            `json:"all,omitempty" doc:"all of the tenant's. Exactly one of the three."`
		Reason  string          `json:"reason,omitempty" maxLength:"500" doc:"Kept with the sessions."`
	}
},
) (*revokeAnswer, error) {
	const op = "api.revokeSessions"
	b := in.Body
	given := 0
	for _, set := range []bool{b.Session != "", b.User != "", b.All} {
		if set {
			given++
		}
	}
	if given != 1 {
		return nil, fault.New(fault.Invalid, op, "give exactly one of session, user and all")
	}
	now := a.Now()
	if b.User != "" {
		id, err := a.userID(ctx, c.Tenant, b.User)
		if err != nil {
			return nil, err
		}
		b.User = id
	}
	r := session.Revocation{Tenant: c.Tenant, Session: b.Session, User: b.User, At: now, Reason: b.Reason}
	if r.Reason == "" {
		r.Reason = "ended by " + c.name()
	}
	out := &revokeAnswer{}
	hit := model.Object{Type: "session", ID: string(b.Session)}
	switch {
	case b.Session != "":
		s, err := a.Sessions.Session(ctx, c.Tenant, b.Session)
		if err != nil {
			return nil, err
		}
		hit.Name = s.User.Username
		if s.Live(now) {
			out.Body.Ended = 1
		}
	default:
		live, err := a.Sessions.Sessions(ctx, c.Tenant, b.User, now)
		if err != nil {
			return nil, err
		}
		out.Body.Ended = len(live)
		if b.User != "" {
			hit = model.Object{Type: "user", ID: string(b.User)}
		} else {
			hit = model.Object{Type: "tenant", ID: string(c.Tenant)}
		}
	}
	err := a.change(ctx, c, entry{
		kind: model.ActivitySessionRevoked, action: "session.revoke", objects: []model.Object{hit}, reason: r.Reason,
		detail: map[string]any{"ended": out.Body.Ended},
	}, func() error { return a.Revoker.Revoke(ctx, r) })
	if err != nil {
		return nil, err
	}
	return out, nil
}
