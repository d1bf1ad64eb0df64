package api

import (
	"context"
	"errors"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/model"
)

// Matching says which activities a request is about.
type Matching struct {
	Filter string    `query:"filter" maxLength:"32768" doc:"JSON filter, such as {\"user.username\": {\"eq\": \"anna@contoso.com\"}}; see GET /api/v2/fields?entity=activity."`
	From   time.Time `query:"from" doc:"First moment."`
	To     time.Time `query:"to" doc:"Moment after the last."`
}

// parse reads and checks the filter; every mistake in it comes back with its position.
func (m *Matching) parse() (*filter.Node, error) {
	if m.Filter == "" {
		return nil, nil //nolint:nilnil // no filter is a filter that matches all
	}
	node, mistakes := filter.ParseJSON([]byte(m.Filter))
	if len(mistakes) == 0 {
		if _, err := entity.Activity.Bind(node); err != nil && !errors.As(err, &mistakes) {
			return nil, err
		}
	}
	if len(mistakes) > 0 {
		return nil, &wrong{kind: fault.Invalid, detail: "the filter has mistakes", help: "GET /api/v2/fields?entity=activity lists fields and operators", mistakes: mistakesOf(mistakes.Under("query.filter"))}
	}
	return node, nil
}

func (m *Matching) query() (activitylog.Query, error) {
	node, err := m.parse()
	return activitylog.Query{Filter: node, From: m.From, To: m.To}, err
}

type (
	activityAnswer struct{ Body model.Activity }
	searchAnswer   struct {
		Body struct {
			Items []model.Activity `json:"items"`
			Next  string           `json:"next,omitempty" doc:"Cursor of the next page; absent at the end."`
			Total int64            `json:"total,omitempty" doc:"Matches of the whole search, when they were counted."`
		}
	}
	countAnswer struct {
		Body struct {
			Field   string               `json:"field"`
			Buckets []activitylog.Bucket `json:"buckets"`
		}
	}
)

func (a *API) registerActivities(r *registrar) {
	handle(r, "activity-search", a.searchActivities)
	handle(r, "activity-get", a.getActivity)
	handle(r, "activity-count", a.countActivities)
	handle(r, "why", a.why)
}

func (a *API) searchActivities(ctx context.Context, c *caller, in *struct {
	InTenant
	Matching
	Limit     int    `query:"limit" minimum:"1" maximum:"5000" default:"100" doc:"At most so many."`
	Cursor    string `query:"cursor" maxLength:"2000" doc:"next of the page before; everything else as it was."`
	Ascending bool   `query:"ascending" doc:"Oldest first."`
},
) (*searchAnswer, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.Limit, q.Cursor, q.Ascending = in.Limit, in.Cursor, in.Ascending
	page, err := a.Activity.Search(ctx, c.Tenant, q)
	if err != nil {
		return nil, err
	}
	out := &searchAnswer{}
	out.Body.Items, out.Body.Next, out.Body.Total = page.Activities, page.Next, max(page.Total, 0)
	if out.Body.Items == nil {
		out.Body.Items = []model.Activity{}
	}
	return out, nil
}

func (a *API) getActivity(ctx context.Context, c *caller, in *struct {
	InTenant
	Activity string `path:"activity" maxLength:"100" doc:"Id of the activity."`
},
) (*activityAnswer, error) {
	act, err := a.Activity.Get(ctx, c.Tenant, model.ActivityID(in.Activity))
	return &activityAnswer{act}, err
}

func (a *API) countActivities(ctx context.Context, c *caller, in *struct {
	InTenant
	Matching
	Field string `query:"field" required:"true" maxLength:"100" doc:"Name of an activity field."`
	Top   int    `query:"top" minimum:"1" maximum:"1000" default:"20" doc:"How many values, the most frequent first."`
},
) (*countAnswer, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	out := &countAnswer{}
	out.Body.Field = in.Field
	out.Body.Buckets, err = a.Activity.Count(ctx, c.Tenant, q, in.Field, in.Top)
	if out.Body.Buckets == nil {
		out.Body.Buckets = []activitylog.Bucket{}
	}
	return out, err
}
