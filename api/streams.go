package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/model"
)

// Streams: how often an idle tail shows that it lives, and how many activities it keeps for a slow reader.
const (
	tailBeat   = 15 * time.Second
	tokenCheck = time.Second // how long a tail goes on at most when its token is revoked
	tailBuffer = 1024
	flushEvery = 256 // rows of an export
)

func (a *API) registerStreams(r *registrar) {
	streamOf := func(kinds ...string) func(*huma.Operation) {
		return func(op *huma.Operation) {
			content := map[string]*huma.MediaType{}
			for _, k := range kinds {
				content[k] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
			}
			op.Responses = map[string]*huma.Response{"200": {Description: "A stream", Content: content}}
		}
	}
	handle(r, "activity-export", a.exportActivities, streamOf("application/x-ndjson", "text/csv"))
	handle(r, "activity-tail", a.tailActivities, streamOf("text/event-stream"))
}

func (a *API) exportActivities(ctx context.Context, c *caller, in *struct {
	InTenant
	Matching
	Format string `query:"format" enum:"ndjson,csv" default:"ndjson" doc:"One JSON object a line, or a table."`
},
) (*huma.StreamResponse, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	if _, _, err := activitylog.CheckQuery(q); err != nil {
		return nil, err
	}
	act := c.activity(c.Tenant, entry{kind: model.ActivityAdmin, action: "activity.export", detail: map[string]any{"filter": in.Filter, "format": in.Format, "from": in.From, "to": in.To}})
	if err := a.Recorder.Intent(ctx, &act); err != nil {
		// fail closed: data about people leaves only when that is on record.
		return nil, &fault.Error{Kind: fault.Unavailable, Op: "api.export", Msg: "the export can't be recorded, so it was not begun", Help: "try again later", Err: err}
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		rows, err := a.export(hc, c.Tenant, q, in.Format)
		act.Detail["activities"] = rows
		if err != nil {
			a.conclude(ctx, []model.Activity{act}, model.OutcomeFailed, "it was cut off")
			a.Log.ErrorContext(ctx, "export cut off", "request", requestOf(ctx), "rows", rows, "err", err)
			panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
		}
		a.conclude(ctx, []model.Activity{act}, model.OutcomeComplete, "")
	}}, nil
}

func (a *API) export(hc huma.Context, tenant model.TenantID, q activitylog.Query, format string) (rows int, err error) {
	ctx := hc.Context()
	out := bufio.NewWriterSize(hc.BodyWriter(), 64<<10)
	write := func(act *model.Activity) error { return json.NewEncoder(out).Encode(act) }
	kind, done := "application/x-ndjson", func() error { return nil }
	if format == "csv" {
		table := csv.NewWriter(out)
		if err := table.Write(csvHead); err != nil {
			return 0, err
		}
		kind = "text/csv; charset=utf-8"
		write = func(act *model.Activity) error { return table.Write(csvRow(act)) }
		done = func() error { table.Flush(); return table.Error() }
	}
	hc.SetHeader("Content-Type", kind)
	hc.SetHeader("Content-Disposition", `attachment; filename="activities.`+format+`"`)
	hc.SetStatus(http.StatusOK)
	for act, err := range a.Activity.Export(ctx, tenant, q) {
		if err == nil {
			err = write(&act)
		}
		if err != nil {
			return rows, err
		}
		if rows++; rows%flushEvery == 0 {
			extend(ctx)
		}
	}
	if err := done(); err != nil {
		return rows, err
	}
	return rows, out.Flush()
}

var csvHead = []string{"time", "id", "reference", "type", "takenAction", "outcome", "user", "userName", "app", "instance", "file", "bytes", "device", "address", "country", "policies", "reason", "source"}

func csvRow(a *model.Activity) []string {
	var files, policies, tags []string
	for _, f := range a.Files {
		files = append(files, f.Name)
	}
	for _, p := range a.Policies {
		policies = append(policies, p.ID)
	}
	for _, t := range a.Device.Tags {
		tags = append(tags, string(t))
	}
	address := ""
	if a.Network.Address.IsValid() {
		address = a.Network.Address.String()
	}
	row := []string{
		a.Time.UTC().Format(time.RFC3339Nano), string(a.ID), a.Reference, string(a.Type), string(a.Taken), string(a.Outcome), a.User.Username, a.User.Name,
		a.App.Key, string(a.App.Instance), strings.Join(files, "; "), strconv.FormatInt(a.BytesUp+a.BytesDown, 10), strings.Join(tags, "; "),
		address, a.Network.Country, strings.Join(policies, "; "), a.Reason, string(a.Source),
	}
	for i := range row {
		row[i] = plainCell(row[i])
	}
	return row
}

// plainCell keeps spreadsheets from running a cell: file names come from strangers.
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (a *API) tailActivities(ctx context.Context, c *caller, in *struct {
	InTenant
	Filter string `query:"filter" maxLength:"32768" doc:"JSON filter, as in a search."`
},
) (*huma.StreamResponse, error) {
	m := Matching{Filter: in.Filter}
	node, err := m.parse()
	if err != nil {
		return nil, err
	}
	if a.Tail == nil {
		return nil, fault.New(fault.Unavailable, "api.tail", "this process has no pipeline to follow")
	}
	match := func(*model.Activity) bool { return true }
	if node != nil {
		program, err := entity.Activity.Compile(node)
		if err != nil {
			return nil, err
		}
		match = func(act *model.Activity) bool { return program.Eval(act, a.Now()) == filter.True }
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		activities, dropped, end := a.Tail(c.Tenant, match, tailBuffer)
		defer end()
		hc.SetHeader("Content-Type", "text/event-stream")
		hc.SetHeader("X-Accel-Buffering", "no")
		hc.SetStatus(http.StatusOK)
		if err := a.follow(hc, c, activities, dropped); err != nil && ctx.Err() == nil {
			a.Log.InfoContext(ctx, "tail ended", "request", requestOf(ctx), "err", err)
		}
	}}, nil
}

// follow writes activities until the reader goes, the pipeline ends, or the token does not hold any more.
func (a *API) follow(hc huma.Context, c *caller, activities <-chan model.Activity, dropped func() int64) error {
	ctx := hc.Context()
	w := hc.BodyWriter()
	flush, _ := ctx.Value(writerKey{}).(*http.ResponseController)
	beat := time.NewTicker(tailBeat)
	defer beat.Stop()
	check := time.NewTicker(tokenCheck) // one row of an index each: some 20 µs
	defer check.Stop()
	lost := int64(0)
	send := func(text string) error {
		extend(ctx)
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return flush.Flush()
	}
	if err := send(": following\n\n"); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case act, open := <-activities:
			if !open {
				return nil
			}
			text, err := json.Marshal(&act)
			if err != nil {
				return err
			}
			if err := send("event: activity\ndata: " + string(text) + "\n\n"); err != nil {
				return err
			}
		case <-check.C:
			// fail closed: a token that was revoked, or can't be looked up, sees no more.
			if t, err := a.Tokens.TokenByHash(ctx, c.Token.Hash); err != nil || !t.Live(a.Now()) {
				return fault.New(fault.Unauthenticated, "api.tail", "the token does not hold any more")
			}
		case <-beat.C:
			if err := send(": \n\n"); err != nil {
				return err
			}
		}
		if n := dropped(); n > lost {
			lost = n
			if err := send("event: dropped\ndata: {\"dropped\":" + strconv.FormatInt(n, 10) + "}\n\n"); err != nil {
				return err
			}
		}
	}
}
