package api

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

type (
	exceptionBody struct {
		policy.Exception
		Live bool `json:"live" doc:"Whether it lifts something now."`
	}
	exceptionAnswer struct{ Body exceptionBody }
	// InException is part of every input about one exception.
	InException struct {
		InTenant
		Exception string `path:"exception" maxLength:"100" doc:"Id of the exception."`
	}
)

func (a *API) registerExceptions(r *registrar) {
	handle(r, "exception-list", a.listExceptions)
	handle(r, "exception-get", a.getException)
	handle(r, "exception-add", a.addException)
	handle(r, "exception-approve", a.approveException)
	handle(r, "exception-refuse", a.refuseException)
	handle(r, "exception-end", a.endException)
}

func (a *API) exceptionBody(e policy.Exception) exceptionBody {
	return exceptionBody{e, e.Live(a.Now())}
}

func (a *API) listExceptions(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
	State policy.ExceptionState `query:"state" enum:"requested,approved,refused,ended" doc:"Only those in this state."`
},
) (*list[exceptionBody], error) {
	all, err := a.Policies.Exceptions(ctx, c.Tenant, in.State)
	if err != nil {
		return nil, err
	}
	out := make([]exceptionBody, len(all))
	for i := range all {
		out[i] = a.exceptionBody(all[i])
	}
	return pageOf(out, in.Paging, func(b exceptionBody) string { return b.ID })
}

func (a *API) getException(ctx context.Context, c *caller, in *InException) (*exceptionAnswer, error) {
	e, err := a.Policies.Exception(ctx, c.Tenant, in.Exception)
	return &exceptionAnswer{a.exceptionBody(e)}, err
}

// addException grants one at once: the administrator who adds it asks and approves, and is named for it.
func (a *API) addException(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		User    string        `json:"user,omitempty" maxLength:"500" doc:"Id or sign-in name of a person, or"`
		Group   model.GroupID `json:"group,omitempty" maxLength:"500" doc:"a group. Exactly one of the two."`
		App     string        `json:"app" maxLength:"100" doc:"Key of an app or suite, or id of an instance."`
		Policy  string        `json:"policy" maxLength:"64"`
		Reason  string        `json:"reason" maxLength:"2000"`
		Expires time.Time     `json:"expires" doc:"An exception always ends."`
		Code    string        `json:"reference,omitempty" maxLength:"20" doc:"Of the blocked action behind it."`
	}
},
) (*exceptionAnswer, error) {
	const op = "api.addException"
	b, now := in.Body, a.Now()
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	if s.doc(b.Policy) == nil && b.Policy != policy.BlockDownloadsID {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: b.Policy, Msg: "there is no such policy", Help: `"referee policy list" shows them`}
	}
	ref := ""
	if b.Code != "" {
		var ok bool
		if ref, ok = activitylog.ParseReference(b.Code); !ok {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: b.Code, Msg: "this is not a reference code"}
		}
	}
	e := policy.Exception{
		ID: "ex-" + strings.ToLower(rand.Text()[:12]), Tenant: c.Tenant, User: b.User, Group: b.Group, App: b.App, Policy: b.Policy, Reason: b.Reason, Reference: ref,
		State: policy.ExceptionApproved, Requester: c.name(), Requested: now, Approver: c.name(), Decided: now, Expires: b.Expires, Version: 1,
	}
	return a.putException(ctx, c, e, "exception.add")
}

func (a *API) approveException(ctx context.Context, c *caller, in *struct {
	InException
	Body struct {
		Expires time.Time `json:"expires,omitzero" doc:"Another end than was asked for."`
	}
},
) (*exceptionAnswer, error) {
	e, err := a.Policies.Exception(ctx, c.Tenant, in.Exception)
	if err != nil {
		return nil, err
	}
	next, err := e.Approve(c.name(), in.Body.Expires, a.Now())
	if err != nil {
		return nil, err
	}
	return a.putException(ctx, c, next, "exception.approve")
}

func (a *API) refuseException(ctx context.Context, c *caller, in *struct {
	InException
	Body struct {
		Answer string `json:"answer,omitempty" maxLength:"2000" doc:"What the person is told."`
	}
},
) (*exceptionAnswer, error) {
	e, err := a.Policies.Exception(ctx, c.Tenant, in.Exception)
	if err != nil {
		return nil, err
	}
	next, err := e.Refuse(c.name(), in.Body.Answer, a.Now())
	if err != nil {
		return nil, err
	}
	return a.putException(ctx, c, next, "exception.refuse")
}

func (a *API) endException(ctx context.Context, c *caller, in *struct {
	InException
	Body struct {
		Answer string `json:"answer,omitempty" maxLength:"2000" doc:"Why."`
	}
},
) (*exceptionAnswer, error) {
	e, err := a.Policies.Exception(ctx, c.Tenant, in.Exception)
	if err != nil {
		return nil, err
	}
	next, err := e.End(c.name(), in.Body.Answer, a.Now())
	if err != nil {
		return nil, err
	}
	return a.putException(ctx, c, next, "exception.end")
}

func (a *API) putException(ctx context.Context, c *caller, e policy.Exception, action string) (*exceptionAnswer, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	detail := map[string]any{"policy": e.Policy, "app": e.App, "expires": e.Expires, "state": string(e.State)}
	who := model.Object{Type: "user", ID: e.User, Role: "for"}
	if e.Group != "" {
		who = model.Object{Type: "group", ID: string(e.Group), Role: "for"}
	}
	reason := e.Reason
	if e.Answer != "" {
		reason = e.Answer
	}
	err := a.change(ctx, c, entry{
		kind: model.ActivityExceptionChange, action: action, reason: reason, detail: detail,
		objects: []model.Object{{Type: "exception", ID: e.ID}, who},
	}, func() error { return a.Policies.PutException(ctx, e) })
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalPolicy, c.Tenant)
	return &exceptionAnswer{a.exceptionBody(e)}, nil
}
