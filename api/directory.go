package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/directory/scim"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// DirectoryStore is what the API works on of the directory.
type DirectoryStore interface {
	directory.SourceStore
	directory.Store
}

type (
	InSource struct {
		InTenant
		Source string `path:"source" maxLength:"40" doc:"Id of the directory source."`
	}
	SourceSettings struct {
		ID       string           `json:"id" maxLength:"40" doc:"Part of the address that provisioning clients speak to."`
		Kind     directory.Kind   `json:"kind" enum:"scim,graph"`
		Name     string           `json:"name,omitempty" maxLength:"200"`
		Provider model.ProviderID `json:"provider,omitempty" doc:"Provider where the source's people sign in; the only one when left out. Without any, people are recognised by their sign-in name alone."`
		Graph    *graphBody       `json:"graph,omitempty" doc:"Of the kind graph."`
	}
	graphBody struct {
		Tenant          string `json:"tenant" maxLength:"253" doc:"Directory id or domain."`
		ClientID        string `json:"clientId" maxLength:"100"`
		SecretFile      string `json:"secretFile,omitempty" maxLength:"1000" doc:"File of the host with the client secret."`
		CertificateFile string `json:"certificateFile,omitempty" maxLength:"1000" doc:"File of the host with certificate and private key, PEM."`
		Login           string `json:"login,omitempty" maxLength:"300" doc:"Of a national cloud."`
		Graph           string `json:"graph,omitempty" maxLength:"300" doc:"Of a national cloud, with the version."`
	}
	syncBody struct {
		Asked    time.Time `json:"asked,omitzero" doc:"Somebody wants a reading now."`
		Began    time.Time `json:"began,omitzero" doc:"Of the round in progress, or of the last one."`
		Finished time.Time `json:"finished,omitzero" doc:"Of the last whole round."`
		Phase    string    `json:"phase,omitempty" doc:"What is being read: users, groups, roles; absent between rounds."`
		Full     bool      `json:"full,omitempty" doc:"The round reads everything anew."`
		Pages    int       `json:"pages,omitempty" doc:"Read in this round."`
		Items    int       `json:"items,omitempty" doc:"Read in this round."`
		Failed   time.Time `json:"failed,omitzero" doc:"When the last attempt failed."`
		Failures int       `json:"failures,omitempty" doc:"In a row."`
		Error    string    `json:"error,omitempty"`
		Warning  string    `json:"warning,omitempty" doc:"What could not be read though the rest could."`
	}
	sourceRow struct {
		SourceSettings
		Created time.Time `json:"created"`
		URL     string    `json:"url,omitempty" doc:"Of the kind scim: what the provisioning client is given as its address."`
		Users   int       `json:"users"`
		Groups  int       `json:"groups"`
		Sync    *syncBody `json:"sync,omitempty" doc:"Of the kind graph."`
	}
	sourceAnswer    struct{ Body sourceRow }
	sourceTokenBody struct {
		Name string    `json:"name,omitempty" maxLength:"100" doc:"Which client it is for."`
		Ends time.Time `json:"expires,omitzero" doc:"When it ends; never, when absent."`
	}
	SourceTokenRow struct {
		ID        string             `json:"id"`
		Source    directory.SourceID `json:"source"`
		Name      string             `json:"name,omitempty"`
		CreatedBy string             `json:"createdBy,omitempty"`
		Created   time.Time          `json:"created"`
		Expires   time.Time          `json:"expires,omitzero" doc:"Never, when absent."`
		LastUsed  time.Time          `json:"lastUsed,omitzero" doc:"To the minute."`
	}
	sourceTokenMade struct {
		Body struct {
			SourceTokenRow
			URL    string `json:"url" doc:"What the provisioning client is given as its address."`
			Secret string `json:"secret" doc:"Shown now and never again."`
		}
	}
)

func (a *API) registerDirectory(r *registrar) {
	handle(r, "directory-source-list", a.listSources)
	handle(r, "directory-source-add", a.addSource)
	handle(r, "directory-source-remove", a.removeSource)
	handle(r, "directory-source-sync", a.syncSource)
	handle(r, "directory-token-list", a.listSourceTokens)
	handle(r, "directory-token-create", a.createSourceToken)
	handle(r, "directory-token-revoke", a.revokeSourceToken)
	handle(r, "directory-user-list", a.listPeople)
	handle(r, "directory-user-get", a.getPerson)
	handle(r, "directory-group-list", a.listDirectoryGroups)
	handle(r, "directory-group-get", a.getDirectoryGroup)
}

func (a *API) scimURL(t model.TenantID, s directory.SourceID) string {
	return strings.TrimSuffix(a.config.URL, "/") + scim.Prefix + string(t) + "/" + string(s)
}

func (a *API) sourceRow(ctx context.Context, s directory.Source) (sourceRow, error) {
	row := sourceRow{SourceSettings: SourceSettings{ID: string(s.ID), Kind: s.Kind, Name: s.Name, Provider: s.Provider}, Created: s.Created}
	if g := s.Graph; g != nil {
		row.Graph = (*graphBody)(g)
		v := s.Sync
		row.Sync = &syncBody{v.Asked, v.Began, v.Finished, v.Phase, v.Full, v.Pages, v.Items, v.Failed, v.Failures, v.Error, v.Warning}
	}
	if s.Kind == directory.KindSCIM {
		row.URL = a.scimURL(s.Tenant, s.ID)
	}
	var err error
	row.Users, row.Groups, err = a.People.CountPeople(ctx, s.Tenant, s.ID)
	return row, err
}

func (a *API) listSources(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[sourceRow], error) {
	all, err := a.People.Sources(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	rows := make([]sourceRow, len(all))
	for i, s := range all {
		if rows[i], err = a.sourceRow(ctx, s); err != nil {
			return nil, err
		}
	}
	return pageOf(rows, in.Paging, func(r sourceRow) string { return r.ID })
}

func (a *API) addSource(ctx context.Context, c *caller, in *struct {
	InTenant
	Body SourceSettings
},
) (*sourceAnswer, error) {
	const op = "api.addSource"
	b := in.Body
	s := directory.Source{ID: directory.SourceID(b.ID), Tenant: c.Tenant, Kind: b.Kind, Name: b.Name, Provider: b.Provider, Graph: (*directory.Graph)(b.Graph), Created: a.Now()}
	if s.Kind == directory.KindGraph && c.Token.Tenant != tenant.Everywhere {
		return nil, &fault.Error{Kind: fault.Denied, Op: op, Key: b.ID, Msg: "a source of the kind graph names a file of the host", Help: "an administrator of the installation adds it, with a token of the installation"}
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Provider == "" && len(t.Providers) == 1:
		s.Provider = t.Providers[0].ID
	case s.Provider != "" && !slices.ContainsFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == s.Provider }):
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: string(s.Provider), Msg: "is none of the tenant's providers", Help: `"referee provider list" shows them`}
	}
	detail := map[string]any{"kind": string(s.Kind), "provider": string(s.Provider)}
	if err := a.change(ctx, c, sourceEntry(s.ID, "directory.source.add", detail), func() error { return a.People.AddSource(ctx, s) }); err != nil {
		return nil, err
	}
	if s.Kind == directory.KindGraph {
		a.SyncDirectory(c.Tenant)
	}
	row, err := a.sourceRow(ctx, s)
	return &sourceAnswer{row}, err
}

func sourceEntry(id directory.SourceID, action string, detail map[string]any) entry {
	return entry{kind: model.ActivityAdmin, action: action, objects: []model.Object{{Type: "directory source", ID: string(id), Name: string(id)}}, detail: detail}
}

func (a *API) removeSource(ctx context.Context, c *caller, in *InSource) (*nothing, error) {
	id := directory.SourceID(in.Source)
	if _, err := a.People.Source(ctx, c.Tenant, id); err != nil {
		return nil, err
	}
	err := a.change(ctx, c, sourceEntry(id, "directory.source.remove", nil), func() error { return a.People.DeleteSource(ctx, c.Tenant, id) })
	if err != nil {
		return nil, err
	}
	if err := a.FollowDirectory(context.WithoutCancel(ctx), c.Tenant, nil); err != nil {
		// Not the client's: the source is gone, and sessions follow at the next look.
		a.Log.ErrorContext(ctx, "directory not followed", "tenant", c.Tenant, "err", err)
	}
	return &nothing{}, nil
}

func (a *API) syncSource(ctx context.Context, c *caller, in *struct {
	InSource
	Body struct {
		Full bool `json:"full,omitempty" doc:"Read everything anew, not only what has changed."`
	}
},
) (*sourceAnswer, error) {
	id := directory.SourceID(in.Source)
	var s directory.Source
	err := a.change(ctx, c, sourceEntry(id, "directory.source.sync", map[string]any{"full": in.Body.Full}), func() (err error) {
		s, err = a.People.UpdateSource(ctx, c.Tenant, id, func(s *directory.Source) error {
			if s.Kind != directory.KindGraph {
				return &fault.Error{Kind: fault.Invalid, Op: "api.syncSource", Key: in.Source, Msg: "is pushed by its provisioning client; there is nothing to read", Help: "start a provisioning cycle at the client"}
			}
			s.Sync.Asked, s.Sync.AskFull = a.Now(), s.Sync.AskFull || in.Body.Full
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	a.SyncDirectory(c.Tenant)
	row, err := a.sourceRow(ctx, s)
	return &sourceAnswer{row}, err
}

// pushed finds a source that tokens are for.
func (a *API) pushed(ctx context.Context, t model.TenantID, id string) (directory.Source, error) {
	s, err := a.People.Source(ctx, t, directory.SourceID(id))
	if err == nil && s.Kind != directory.KindSCIM {
		err = &fault.Error{Kind: fault.Invalid, Op: "api.sourceTokens", Key: id, Msg: "is read by Referee; tokens are for sources that are pushed"}
	}
	return s, err
}

func toSourceTokenRow(t directory.Token) SourceTokenRow {
	return SourceTokenRow{t.ID, t.Source, t.Name, t.CreatedBy, t.Created, t.Expires, t.LastUsed}
}

func (a *API) listSourceTokens(ctx context.Context, c *caller, in *struct {
	InSource
	Paging
},
) (*list[SourceTokenRow], error) {
	s, err := a.pushed(ctx, c.Tenant, in.Source)
	if err != nil {
		return nil, err
	}
	all, err := a.People.SourceTokens(ctx, c.Tenant, s.ID)
	if err != nil {
		return nil, err
	}
	rows := make([]SourceTokenRow, len(all))
	for i, t := range all {
		rows[i] = toSourceTokenRow(t)
	}
	return pageOf(rows, in.Paging, func(t SourceTokenRow) string { return t.ID })
}

func (a *API) createSourceToken(ctx context.Context, c *caller, in *struct {
	InSource
	Body sourceTokenBody
},
) (*sourceTokenMade, error) {
	s, err := a.pushed(ctx, c.Tenant, in.Source)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	if !in.Body.Ends.IsZero() && !in.Body.Ends.After(now) {
		return nil, fault.New(fault.Invalid, "api.createSourceToken", "it would have expired already")
	}
	secret := strings.Replace(newSecret(), tokenPrefix, tokenPrefix+"scim_", 1)
	t := directory.Token{ID: newTokenID(), Tenant: c.Tenant, Source: s.ID, Name: in.Body.Name, Hash: directory.HashToken(secret), CreatedBy: c.name(), Created: now, Expires: in.Body.Ends}
	err = a.change(ctx, c, sourceEntry(s.ID, "directory.token.create", map[string]any{"token": t.ID}), func() error { return a.People.AddSourceToken(ctx, t) })
	if err != nil {
		return nil, err
	}
	out := &sourceTokenMade{}
	out.Body.SourceTokenRow, out.Body.URL, out.Body.Secret = toSourceTokenRow(t), a.scimURL(c.Tenant, s.ID), secret
	return out, nil
}

func (a *API) revokeSourceToken(ctx context.Context, c *caller, in *struct {
	InSource
	InToken
},
) (*nothing, error) {
	id := directory.SourceID(in.Source)
	err := a.change(ctx, c, sourceEntry(id, "directory.token.revoke", map[string]any{"token": in.Token}), func() error {
		return a.People.DeleteSourceToken(ctx, c.Tenant, id, in.Token)
	})
	return &nothing{}, err
}

// scimServer makes the server that provisioning clients speak to. What they change is recorded as an administrator's
// act: it is done by their token, in the tenant's name.
func (a *API) scimServer() http.Handler {
	return scim.New(scim.Parts{
		Store: a.People, Sources: a.People, URL: strings.TrimSuffix(a.config.URL, "/"), Now: a.Now, Log: a.Log, Changed: a.FollowDirectory,
		Record: func(ctx context.Context, r *http.Request, ch scim.Change, commit func() error) error {
			name := "directory " + string(ch.Source)
			c := &caller{Tenant: ch.Tenant, Address: addressOf(r.RemoteAddr), Agent: r.UserAgent(), Token: tenant.Token{ID: ch.Token.ID, Name: name}}
			return a.change(ctx, c, entry{
				kind: model.ActivityAdmin, action: ch.Action, detail: ch.Detail,
				objects: []model.Object{{Type: ch.Kind, ID: string(ch.ID), Name: ch.Name}, {Type: "directory source", ID: string(ch.Source), Name: string(ch.Source)}},
			}, commit)
		},
	})
}
