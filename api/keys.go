package api

import (
	"context"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
)

// SigningKeys are the keys that apps verify sign-ins with; signin.Broker is one.
type SigningKeys interface {
	KeyReport(ctx context.Context, tenant model.TenantID) (signin.KeyReport, error)
	Roll(ctx context.Context, tenant model.TenantID, how signin.Rolling) (signin.KeyStatus, error)
}

type (
	keysAnswer struct{ Body signin.KeyReport }
	keyAnswer  struct{ Body signin.KeyStatus }
)

func (a *API) registerKeys(r *registrar) {
	handle(r, "key-list", a.listKeys)
	handle(r, "key-roll", a.rollKey)
}

// keys returns the broker; a process without the sign-in role has none.
func (a *API) keys() (SigningKeys, error) {
	if a.Keys == nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: "api.keys", Msg: "this process does not run sign-in", Help: "ask one that has the role signin"}
	}
	return a.Keys, nil
}

func (a *API) listKeys(ctx context.Context, c *caller, _ *struct{ InTenant }) (*keysAnswer, error) {
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	report, err := keys.KeyReport(ctx, c.Tenant)
	return &keysAnswer{report}, err
}

func (a *API) rollKey(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		Use   signin.KeyUse `json:"use" enum:"oidc,saml"`
		After string        `json:"after,omitempty" maxLength:"20" doc:"When it takes over, such as 24h; at least two minutes. Default: a day for oidc, 30 days for saml; two minutes to withdraw."`
		// Withdraw is for a key that was stolen.
		Withdraw bool `json:"withdraw,omitempty" doc:"Withdraw the older keys when it takes over, instead of 30 days later: nothing that they signed counts any more."`
	}
},
) (*keyAnswer, error) {
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	after := time.Duration(0)
	if in.Body.After != "" {
		if after, err = time.ParseDuration(in.Body.After); err != nil || after <= 0 || after > 365*24*time.Hour {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "api.rollKey", Key: in.Body.After, Msg: "is not a time of up to a year", Help: `write it such as "24h"`}
		}
	}
	out := &keyAnswer{}
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "key.roll", objects: []model.Object{{Type: "signingKey", ID: string(in.Body.Use)}},
	}, func() (err error) {
		out.Body, err = keys.Roll(ctx, c.Tenant, signin.Rolling{Use: in.Body.Use, After: after, Withdraw: in.Body.Withdraw})
		return err
	})
	return out, err
}
