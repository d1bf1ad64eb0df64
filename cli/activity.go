package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

type activityRow struct {
	ID, Type, Outcome, Stage, TakenAction, Reference, Reason, Source, Path string
	Time                                                                   time.Time
	App                                                                    struct{ Key, Instance string }
	User                                                                   struct{ ID, Name, Username string }
	Device                                                                 struct{ Tags []string }
	Network                                                                struct{ Address, Country string }
	Files                                                                  []struct{ Name string }
	Objects                                                                []struct{ Type, ID, Name string }
	Policies                                                               []struct {
		ID      string
		Monitor bool
	}
}

// about names what the activity was about.
func (r *activityRow) about() string {
	switch {
	case len(r.Files) > 1:
		return fmt.Sprintf("%s and %d more", r.Files[0].Name, len(r.Files)-1)
	case len(r.Files) == 1:
		return r.Files[0].Name
	case len(r.Objects) > 0:
		return first(r.Objects[0].Name, r.Objects[0].ID)
	case r.Path != "":
		return r.Path
	}
	return "-"
}

func (r *activityRow) ending() string {
	return dash(first(r.TakenAction, r.Outcome, r.Stage))
}

func (r *activityRow) policies() string {
	var out []string
	for _, p := range r.Policies {
		if p.Monitor {
			p.ID += " (monitor)"
		}
		out = append(out, p.ID)
	}
	return dash(strings.Join(out, ", "))
}

// asked holds the flags that say which activities are meant.
type asked struct {
	filter, from, to                             string
	user, kind, appKey, fileName, action, policy []string
}

func (q *asked) bind(c *cobra.Command, times bool) {
	f := c.Flags()
	f.StringVar(&q.filter, "filter", "", `JSON filter, such as '{"location.country": {"neq": "DK"}}'`)
	f.StringSliceVar(&q.user, "user", nil, "sign-in name of a person")
	f.StringSliceVar(&q.kind, "type", nil, "activity type, such as download")
	f.StringSliceVar(&q.appKey, "app", nil, "key of an app")
	f.StringSliceVar(&q.fileName, "file", nil, "part of a file's name")
	f.StringSliceVar(&q.action, "action", nil, "applied action: block, audit, override")
	f.StringSliceVar(&q.policy, "policy", nil, "id of a policy that took part")
	if times {
		f.StringVar(&q.from, "from", "", "how far back, or since when: 24h, 7d, 2026-11-30")
		f.StringVar(&q.to, "to", "", "until when")
	}
}

// node returns the filter that the flags and --filter make together, "" for none.
func (q *asked) node() (string, error) {
	var parts []any
	cond := func(field, operator string, values []string) {
		if len(values) > 0 {
			parts = append(parts, map[string]any{field: map[string]any{operator: values}})
		}
	}
	cond("user.username", "eq", q.user)
	cond("activity.type", "eq", q.kind)
	cond("app", "eq", q.appKey)
	cond("fileName", "contains", q.fileName)
	cond("activity.takenAction", "eq", q.action)
	cond("policy", "eq", q.policy)
	if q.filter != "" {
		var given any
		if err := json.Unmarshal([]byte(q.filter), &given); err != nil {
			return "", &fault.Error{Kind: fault.Invalid, Op: "--filter", Msg: "is not JSON: " + err.Error(), Help: `write it such as '{"user.username": {"eq": "dora@contoso.com"}}'`}
		}
		if len(parts) == 0 {
			return q.filter, nil // as written, so that positions of mistakes are right
		}
		parts = append(parts, given)
	}
	switch len(parts) {
	case 0:
		return "", nil
	case 1:
		text, err := jsonText(parts[0])
		return string(text), err
	}
	text, err := jsonText(map[string]any{"all": parts})
	return string(text), err
}

func (q *asked) values(a *app) (url.Values, error) {
	out := url.Values{}
	node, err := q.node()
	if err != nil {
		return nil, err
	}
	if node != "" {
		out.Set("filter", node)
	}
	for key, s := range map[string]string{"from": q.from, "to": q.to} {
		t, err := a.ago(s)
		if err != nil {
			return nil, err
		}
		if !t.IsZero() {
			out.Set(key, t.UTC().Format(time.RFC3339Nano))
		}
	}
	return out, nil
}

func (a *app) activityCommand() *cobra.Command {
	c := &cobra.Command{Use: "activity", Short: "Search, follow and export the activity log"}
	c.AddCommand(a.activitySearch(), a.activityTail(), a.activityExport())
	return c
}

func (a *app) activitySearch() *cobra.Command {
	q, limit, oldest := asked{}, 50, false
	c := &cobra.Command{
		Use: "search", Short: "Search activities, the newest first", Args: cobra.NoArgs,
		Long:    "Search the activity log. Conditions of different flags must all hold; values of one flag are alternatives. --filter takes the whole filter language.",
		Example: "  referee activity search --type download --action block --from 24h\n  referee activity search --filter '{\"device.tags\": {\"eq\": \"unmanaged\"}}' --json",
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := q.values(a)
			if err != nil {
				return err
			}
			v.Set("ascending", strconv.FormatBool(oldest))
			cl, err := a.connect()
			if err != nil {
				return err
			}
			mine, err := cl.mine(c.Context())
			if err != nil {
				return err
			}
			text, err := cl.all(c.Context(), mine+"/activities", v, limit)
			if err != nil {
				return err
			}
			return show(a, text, func(l items[activityRow]) error {
				t := newTable(activityHead...)
				for i := range l.Items {
					t.row(a.activityCells(&l.Items[i])...)
				}
				return a.print(t)
			})
		},
	}
	q.bind(c, true)
	c.Flags().IntVar(&limit, "limit", limit, "at most so many; 0 for all")
	c.Flags().BoolVar(&oldest, "oldest-first", false, "the other way round")
	return c
}

var activityHead = []string{"WHEN", "WHO", "WHAT", "ABOUT", "APP", "OUTCOME", "POLICIES", "CODE"}

func (a *app) activityCells(r *activityRow) []string {
	return []string{a.when(r.Time), dash(first(r.User.Username, r.User.Name, r.User.ID)), r.Type, r.about(), dash(r.App.Key), r.ending(), r.policies(), dash(code(r.Reference))}
}

// code writes a reference code as people read it out.
func code(ref string) string {
	if len(ref) == 8 {
		return ref[:4] + "-" + ref[4:]
	}
	return ref
}

func (a *app) activityTail() *cobra.Command {
	q := asked{}
	c := &cobra.Command{
		Use: "tail", Short: "Follow activities as they happen", Args: cobra.NoArgs, Example: "  referee activity tail --type download",
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := q.values(a)
			if err != nil {
				return err
			}
			return a.tail(c.Context(), v)
		},
	}
	q.bind(c, false)
	return c
}

// tail follows until interrupted, which is how it is meant to end.
func (a *app) tail(ctx context.Context, v url.Values) error {
	cl, err := a.connect()
	if err != nil {
		return err
	}
	mine, err := cl.mine(ctx)
	if err != nil {
		return err
	}
	res, err := cl.open(ctx, http.MethodGet, mine+"/activities/tail", v, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	a.note("following; interrupt to end")
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 4<<20)
	event := ""
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			event = line[7:]
		case strings.HasPrefix(line, "data: ") && event == "activity":
			if err := a.tailed([]byte(line[6:])); err != nil {
				return err
			}
		case strings.HasPrefix(line, "data: ") && event == "dropped":
			a.note("too slow: lost so far %s", line[6:])
		}
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // interrupted
	}
	return &fault.Error{Kind: fault.Unavailable, Op: "activity tail", Msg: "the server ended the stream", Err: lines.Err()}
}

func (a *app) tailed(text []byte) error {
	if a.flags.json {
		return a.say("%s", text)
	}
	var r activityRow
	if err := decodeJSON(text, &r); err != nil {
		return err
	}
	cells := a.activityCells(&r)
	for i := range cells {
		cells[i] = plain(cells[i])
	}
	return a.say("%s", strings.Join(cells, "  "))
}

func (a *app) activityExport() *cobra.Command {
	q, format, file := asked{}, "ndjson", ""
	c := &cobra.Command{
		Use: "export", Short: "Export activities, the oldest first", Args: cobra.NoArgs,
		Long:    "Write every matching activity as JSON, one a line, or as a CSV table. An export that is cut off fails, and its file is removed. Exports are recorded as activities.",
		Example: "  referee activity export --from 30d --format csv --output november.csv",
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"ndjson", "csv"}, format) {
				return &fault.Error{Kind: fault.Invalid, Op: "--format", Key: format, Msg: "is neither ndjson nor csv"}
			}
			v, err := q.values(a)
			if err != nil {
				return err
			}
			v.Set("format", format)
			return a.export(c.Context(), v, file)
		},
	}
	q.bind(c, true)
	c.Flags().StringVar(&format, "format", format, "ndjson or csv")
	c.Flags().StringVarP(&file, "output", "o", "", "file to write; standard output without it")
	return c
}

func (a *app) export(ctx context.Context, v url.Values, file string) (err error) {
	cl, err := a.connect()
	if err != nil {
		return err
	}
	mine, err := cl.mine(ctx)
	if err != nil {
		return err
	}
	res, err := cl.open(ctx, http.MethodGet, mine+"/activities/export", v, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	to := a.out
	if file != "" {
		f, opened := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // what people did is not for everybody
		if opened != nil {
			return &fault.Error{Kind: fault.Invalid, Op: "activity export", Key: file, Msg: "can't be made", Help: "name a file that does not exist yet", Err: opened}
		}
		defer func() {
			if closed := f.Close(); err == nil {
				err = fault.As(closed, fault.Unavailable, "activity export", file)
			}
			if err != nil {
				err = errors.Join(err, os.Remove(file)) // half an export is none
			}
		}()
		to = f
	}
	p := &progress{to: to, note: a.note, now: a.now}
	n, copied := io.Copy(p, res.Body)
	if copied != nil {
		return &fault.Error{Kind: fault.Unavailable, Op: "activity export", Msg: "the export was cut off", Err: copied}
	}
	switch {
	case file == "":
	case a.flags.json:
		return a.printJSON(map[string]any{"output": file, "bytes": n})
	default:
		a.note("%d bytes written to %s", n, file)
	}
	return nil
}

// progress tells how far a long copy is, every few seconds.
type progress struct {
	to   io.Writer
	note func(string, ...any)
	now  func() time.Time
	n    int64
	last time.Time
}

func (p *progress) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	p.n += int64(n)
	if t := p.now(); p.last.IsZero() {
		p.last = t
	} else if t.Sub(p.last) >= 5*time.Second {
		p.last = t
		p.note("%d MB so far", p.n/1e6)
	}
	return n, err
}
