package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Tables keeps the tables of exact data matches.
type Tables interface {
	List(ctx context.Context, tenant model.TenantID) ([]own.TableRow, error)
	Put(tenant model.TenantID, id string, offset int64, piece []byte) (int64, error)
	Finish(ctx context.Context, tenant model.TenantID, schema *edm.Schema, sum string, key edm.Key, author string) (own.TableRow, error)
	Delete(ctx context.Context, tenant model.TenantID, id string) error
}

const (
	maxPiece  = 8 << 20
	pieceTime = 5 * time.Minute // to send one
)

type (
	// InTable is part of every input about one table.
	InTable struct {
		InTenant
		Table string `path:"table" maxLength:"64" doc:"Id of the ExactDataMatch document."`
	}
	tableColumn struct {
		Name   string   `json:"name"`
		Form   edm.Form `json:"form" doc:"How its values are normalised before they are hashed."`
		Search bool     `json:"search"`
	}
	tableBody struct {
		ID      string        `json:"id"`
		Name    string        `json:"name"`
		State   string        `json:"state" enum:"missing,ready,outdated" doc:"outdated: the schema's columns have changed since. Only a ready table is found."`
		Columns []tableColumn `json:"columns"`
		Version int64         `json:"version,omitempty"`
		Rows    int64         `json:"rows,omitempty"`
		Bytes   int64         `json:"bytes,omitempty"`
		SHA256  string        `json:"sha256,omitempty"`
		Author  string        `json:"author,omitempty"`
		Time    time.Time     `json:"time,omitzero" doc:"Of the upload."`
	}
	tableAnswer struct{ Body tableBody }
	pieceInput  struct {
		InTable
		Offset  int64 `query:"offset" minimum:"0" required:"true" doc:"Where in the file the piece belongs."`
		RawBody []byte
	}
	pieceAnswer struct {
		Body struct {
			Offset int64 `json:"offset" doc:"Where the next piece belongs."`
		}
	}
	finishInput struct {
		InTable
		Body struct {
			SHA256 string `json:"sha256" minLength:"64" maxLength:"64" doc:"Of the whole file, in hex."`
			Key    string `json:"key" minLength:"43" maxLength:"43" doc:"That the table was hashed with, from the key file."`
		}
	}
)

func (a *API) registerTables(r *registrar) {
	handle(r, "dlp-table-list", a.listTables)
	handle(r, "dlp-table-put", a.putPiece, body(maxPiece), slow)
	handle(r, "dlp-table-finish", a.finishTable)
	handle(r, "dlp-table-delete", a.deleteTable)
}

func bodyOf(s *edm.Schema, r own.TableRow) tableBody {
	b := tableBody{ID: s.ID, Name: s.Name, State: "missing", Columns: []tableColumn{}}
	for _, c := range s.Columns {
		b.Columns = append(b.Columns, tableColumn{c.Name, c.Form, c.Search})
	}
	if r.Version == 0 {
		return b
	}
	b.State, b.Version, b.Rows, b.Bytes, b.SHA256, b.Author, b.Time = "ready", r.Version, r.Rows, r.Bytes, r.SHA256, r.Author, r.Time
	if r.Digest != s.Digest() {
		b.State = "outdated"
	}
	return b
}

func (a *API) listTables(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[tableBody], error) {
	set, _, err := a.typeSet(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	rows, err := a.Tables.List(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := []tableBody{}
	for _, d := range set.Documents {
		if d.Table == nil {
			continue
		}
		row := own.TableRow{}
		if i := slices.IndexFunc(rows, func(r own.TableRow) bool { return r.ID == d.ID }); i >= 0 {
			row = rows[i]
		}
		out = append(out, bodyOf(d.Table, row))
	}
	return pageOf(out, in.Paging, func(b tableBody) string { return b.ID })
}

// schema finds the document of a table.
func (a *API) schema(ctx context.Context, tenant model.TenantID, id string) (*edm.Schema, error) {
	set, _, err := a.typeSet(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if d, ok := set.Find(id); ok && d.Table != nil {
		return d.Table, nil
	}
	return nil, &fault.Error{Kind: fault.NotFound, Op: "api.schema", Key: id, Msg: "there is no such exact data match", Help: "apply its schema first: `referee dlp types apply`"}
}

func (a *API) putPiece(ctx context.Context, c *caller, in *pieceInput) (*pieceAnswer, error) {
	s, err := a.schema(ctx, c.Tenant, in.Table)
	if err != nil {
		return nil, err
	}
	out := &pieceAnswer{}
	out.Body.Offset, err = a.Tables.Put(c.Tenant, s.ID, in.Offset, in.RawBody)
	return out, err
}

func (a *API) finishTable(ctx context.Context, c *caller, in *finishInput) (*tableAnswer, error) {
	s, err := a.schema(ctx, c.Tenant, in.Table)
	if err != nil {
		return nil, err
	}
	key, err := edm.ParseKey(in.Body.Key)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, "api.finishTable", "key")
	}
	out := &tableAnswer{}
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "exactDataMatch.upload", objects: []model.Object{{Type: "informationType", ID: s.ID, Name: s.Name}}, detail: map[string]any{"sha256": strings.ToLower(in.Body.SHA256)},
	}, func() error {
		row, err := a.Tables.Finish(ctx, c.Tenant, s, in.Body.SHA256, key, c.Token.Name)
		out.Body = bodyOf(s, row)
		return err
	})
	if err == nil {
		a.changed(ctx, bus.SignalPolicy, c.Tenant)
	}
	return out, err
}

func (a *API) deleteTable(ctx context.Context, c *caller, in *InTable) (*nothing, error) {
	rows, err := a.Tables.List(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(rows, func(r own.TableRow) bool { return r.ID == in.Table }) {
		return nil, &fault.Error{Kind: fault.NotFound, Op: "api.deleteTable", Key: in.Table, Msg: "no table was uploaded", Help: "list them with `referee dlp edm list`"}
	}
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "exactDataMatch.delete", objects: []model.Object{{Type: "informationType", ID: in.Table}},
	}, func() error { return a.Tables.Delete(ctx, c.Tenant, in.Table) })
	if err == nil {
		a.changed(ctx, bus.SignalPolicy, c.Tenant)
	}
	return &nothing{}, err
}
