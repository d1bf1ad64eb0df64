package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/factor"
)

type factorBody struct {
	ID       string           `json:"id"`
	User     model.UserID     `json:"user"`
	Provider model.ProviderID `json:"provider" doc:"The identity provider that knows the person by this id."`
	Username string           `json:"username,omitempty"`
	Kind     factor.Kind      `json:"kind" enum:"totp,passkey,recoveryCode"`
	Name     string           `json:"name,omitempty" doc:"The person's word for a passkey."`
	Created  time.Time        `json:"created"`
	Used     time.Time        `json:"used,omitzero"`
	Left     int              `json:"left,omitempty" doc:"Recovery codes that were not used."`
	Cloned   bool             `json:"cloned,omitempty" doc:"A copy of the passkey may exist; it is refused."`
	Locked   time.Time        `json:"locked,omitzero" doc:"Too many wrong codes: none is looked at before."`
}

func (a *API) registerMFA(r *registrar) {
	handle(r, "mfa-list", a.listMFA)
	handle(r, "mfa-reset", a.resetMFA)
}

// factorsOf lists the factors of a person, called by id or sign-in name, or everybody's.
func (a *API) factorsOf(ctx context.Context, tenant model.TenantID, user string) ([]factor.Factor, error) {
	all, err := a.Factors.FactorsOf(ctx, tenant)
	if err != nil || user == "" {
		return all, err
	}
	return slices.DeleteFunc(all, func(f factor.Factor) bool {
		return string(f.Owner.User) != user && !strings.EqualFold(f.Username, user)
	}), nil
}

func (a *API) listMFA(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
	User string `query:"user" maxLength:"500" doc:"Id or sign-in name of a person; everybody without it."`
},
) (*list[factorBody], error) {
	all, err := a.factorsOf(ctx, c.Tenant, in.User)
	if err != nil {
		return nil, err
	}
	bodies := make([]factorBody, len(all))
	for i, f := range all {
		bodies[i] = factorBody{
			ID: f.ID, User: f.Owner.User, Provider: f.Owner.Provider, Username: f.Username, Kind: f.Kind, Name: f.Name, Created: f.Created, Used: f.Used,
			Left: f.Left, Cloned: f.Cloned, Locked: f.Locked,
		}
	}
	return pageOf(bodies, in.Paging, func(b factorBody) string { return b.ID })
}

type resetAnswer struct {
	Body struct {
		Removed int `json:"removed"`
	}
}

func (a *API) resetMFA(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		User   string `json:"user" minLength:"1" maxLength:"500" doc:"Id or sign-in name of the person."`
		Factor string `json:"factor,omitempty" maxLength:"64" doc:"Id of one factor; all of the person's without it."`
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
},
) (*resetAnswer, error) {
	const op = "api.resetMFA"
	all, err := a.factorsOf(ctx, c.Tenant, in.Body.User)
	if err != nil {
		return nil, err
	}
	out := &resetAnswer{}
	owners := map[factor.Owner]bool{}
	var hit []model.Object
	for _, f := range all {
		if in.Body.Factor == "" || f.ID == in.Body.Factor {
			owners[f.Owner] = true
			hit = append(hit, model.Object{Type: "securityInfo", ID: f.ID, Name: string(f.Kind) + " of " + f.Username})
		}
	}
	switch {
	case len(hit) == 0:
		return nil, &fault.Error{Kind: fault.NotFound, Op: op, Key: in.Body.User, Msg: "has no such factor", Help: "see `referee mfa list`"}
	case len(owners) > 1:
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: in.Body.User, Msg: "two people have this name", Help: "give the user's id"}
	}
	err = a.change(ctx, c, entry{kind: model.ActivitySecurityInfo, action: "SecurityInfoReset", objects: hit, reason: in.Body.Reason}, func() error {
		for of := range owners {
			if in.Body.Factor != "" {
				out.Body.Removed = 1
				return a.Factors.DeleteFactor(ctx, of, in.Body.Factor)
			}
			n, err := a.Factors.DeleteFactors(ctx, of)
			if err != nil {
				return err
			}
			out.Body.Removed = n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
