package sqlite

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ directory.Store = (*DB)(nil)

func scanUser(s scanner) (u directory.User, err error) {
	var source, id string
	var version int64
	var doc []byte
	if err := s.Scan(&source, &id, &version, &doc); err != nil {
		return u, err
	}
	err = json.Unmarshal(doc, &u)
	u.Source, u.ID, u.Version = directory.SourceID(source), directory.ID(id), version
	return u, err
}

func scanGroup(s scanner) (g directory.Group, err error) {
	var source, id string
	var version int64
	var doc []byte
	if err := s.Scan(&source, &id, &version, &doc); err != nil {
		return g, err
	}
	err = json.Unmarshal(doc, &g)
	g.Source, g.ID, g.Version = directory.SourceID(source), directory.ID(id), version
	return g, err
}

// User implements [directory.Store].
func (db *DB) User(ctx context.Context, tenant model.TenantID, source directory.SourceID, id directory.ID) (u directory.User, err error) {
	err = db.one(ctx, "sqlite.User", string(id), `SELECT source, id, version, doc FROM directory_users WHERE tenant = ? AND source = ? AND id = ?`,
		[]any{string(tenant), string(source), string(id)}, func(s scanner) (err error) { u, err = scanUser(s); return err })
	return u, err
}

// Users implements [directory.Store].
func (db *DB) Users(ctx context.Context, tenant model.TenantID, q directory.Query) (list []directory.User, err error) {
	const from = `SELECT source, id, version, doc FROM directory_users WHERE tenant = ?1 AND (?2 = '' OR source = ?2) AND (source, id) > (?3, ?4)
		AND (?5 = '' OR instr(search, ?5) > 0) AND (?6 OR deleted = 0) `
	source, id, _ := strings.Cut(q.After, " ")
	args := []any{string(tenant), string(q.Source), source, id, directory.Fold(q.Match), q.Deleted, q.Limit}
	const last = ` ORDER BY source, id LIMIT CASE ?7 WHEN 0 THEN -1 ELSE ?7 END`
	text := from + last
	switch { // one text for each index
	case q.Name != "" && q.Extern != "":
		text, args = from+`AND username = ?8 AND external_id = ?9 AND username <> '' AND external_id <> ''`+last, append(args, directory.Fold(q.Name), q.Extern)
	case q.Name != "":
		text, args = from+`AND username = ?8 AND username <> ''`+last, append(args, directory.Fold(q.Name))
	case q.Extern != "":
		text, args = from+`AND external_id = ?8 AND external_id <> ''`+last, append(args, q.Extern)
	}
	err = db.query(ctx, text, args, func(s scanner) error {
		u, err := scanUser(s)
		list = append(list, u)
		return err
	})
	return list, wrap(err, "sqlite.Users", string(tenant))
}

// Named implements [directory.Store].
func (db *DB) Named(ctx context.Context, tenant model.TenantID, external, username string) (list []directory.User, err error) {
	err = db.query(ctx, `SELECT source, id, version, doc FROM directory_users WHERE tenant = ?1 AND external_id = ?2 AND external_id <> ''
		UNION SELECT source, id, version, doc FROM directory_users WHERE tenant = ?1 AND username = ?3 AND username <> '' ORDER BY source, id`,
		[]any{string(tenant), external, directory.Fold(username)}, func(s scanner) error {
			u, err := scanUser(s)
			list = append(list, u)
			return err
		})
	return list, wrap(err, "sqlite.Named", string(tenant))
}

// Anchored implements [directory.Store].
func (db *DB) Anchored(ctx context.Context, tenant model.TenantID, immutableID string) (list []directory.User, err error) {
	err = db.query(ctx, `SELECT source, id, version, doc FROM directory_users WHERE tenant = ?1 AND json_extract(CAST(doc AS TEXT), '$.immutableId') = ?2 AND ?2 <> '' AND deleted = 0
		AND json_extract(CAST(doc AS TEXT), '$.immutableId') IS NOT NULL ORDER BY source, id`, []any{string(tenant), immutableID}, func(s scanner) error {
		u, err := scanUser(s)
		list = append(list, u)
		return err
	})
	return list, wrap(err, "sqlite.Anchored", string(tenant))
}

// Group implements [directory.Store].
func (db *DB) Group(ctx context.Context, tenant model.TenantID, source directory.SourceID, id directory.ID) (g directory.Group, err error) {
	err = db.one(ctx, "sqlite.Group", string(id), `SELECT source, id, version, doc FROM directory_groups WHERE tenant = ? AND source = ? AND id = ?`,
		[]any{string(tenant), string(source), string(id)}, func(s scanner) (err error) { g, err = scanGroup(s); return err })
	return g, err
}

// Groups implements [directory.Store].
func (db *DB) Groups(ctx context.Context, tenant model.TenantID, q directory.Query) (list []directory.Group, err error) {
	source, id, _ := strings.Cut(q.After, " ")
	err = db.query(ctx, `SELECT source, id, version, doc FROM directory_groups WHERE tenant = ?1 AND (?2 = '' OR source = ?2) AND (source, id) > (?3, ?4)
		AND (?5 = '' OR instr(search, ?5) > 0) AND (?6 = '' OR name = ?6) AND (?7 = '' OR external_id = ?7) ORDER BY source, id LIMIT CASE ?8 WHEN 0 THEN -1 ELSE ?8 END`,
		[]any{string(tenant), string(q.Source), source, id, directory.Fold(q.Match), directory.Fold(q.Name), q.Extern, q.Limit}, func(s scanner) error {
			g, err := scanGroup(s)
			list = append(list, g)
			return err
		})
	return list, wrap(err, "sqlite.Groups", string(tenant))
}

// Members implements [directory.Store].
func (db *DB) Members(ctx context.Context, tenant model.TenantID, source directory.SourceID, group, after directory.ID, limit int) (list []directory.Member, err error) {
	err = db.query(ctx, `SELECT grp, member, nests FROM directory_members WHERE tenant = ?1 AND source = ?2 AND grp = ?3 AND member > ?4 ORDER BY member LIMIT CASE ?5 WHEN 0 THEN -1 ELSE ?5 END`,
		[]any{string(tenant), string(source), string(group), string(after), limit}, func(s scanner) error {
			var m directory.Member
			err := s.Scan((*string)(&m.Group), (*string)(&m.ID), &m.Nests)
			list = append(list, m)
			return err
		})
	return list, wrap(err, "sqlite.Members", string(group))
}

// GroupsOf implements [directory.Store]. UNION drops what was seen before, so that groups in a circle end.
func (db *DB) GroupsOf(ctx context.Context, tenant model.TenantID, source directory.SourceID, member directory.ID) (list []directory.Group, err error) {
	err = db.query(ctx, `WITH RECURSIVE above (id) AS (
			SELECT grp FROM directory_members WHERE tenant = ?1 AND source = ?2 AND member = ?3
			UNION SELECT m.grp FROM directory_members m JOIN above ON m.member = above.id WHERE m.tenant = ?1 AND m.source = ?2)
		SELECT g.source, g.id, g.version, g.doc FROM above JOIN directory_groups g ON g.tenant = ?1 AND g.source = ?2 AND g.id = above.id ORDER BY g.id`,
		[]any{string(tenant), string(source), string(member)}, func(s scanner) error {
			g, err := scanGroup(s)
			list = append(list, g)
			return err
		})
	return list, wrap(err, "sqlite.GroupsOf", string(member))
}

// CountPeople implements [directory.Store].
func (db *DB) CountPeople(ctx context.Context, tenant model.TenantID, source directory.SourceID) (users, groups int, err error) {
	err = db.one(ctx, "sqlite.CountPeople", string(source), `SELECT (SELECT count(*) FROM directory_users WHERE tenant = ?1 AND source = ?2 AND deleted = 0),
		(SELECT count(*) FROM directory_groups WHERE tenant = ?1 AND source = ?2 AND role = 0)`, []any{string(tenant), string(source)}, func(s scanner) error { return s.Scan(&users, &groups) })
	return users, groups, err
}

// Apply implements [directory.Store].
func (db *DB) Apply(ctx context.Context, tenant model.TenantID, source directory.SourceID, b directory.Batch) error {
	const op = "sqlite.Apply"
	return wrap(db.write.do(ctx, func(t *tx) error {
		p := people{t, string(tenant), string(source), op, &b}
		_, err := t.updateSource(op, tenant, source, func(s *directory.Source) error {
			if !b.Created.IsZero() && !s.Created.Equal(b.Created) {
				return &fault.Error{Kind: fault.NotFound, Op: op, Key: string(source), Msg: "was removed, and another one added by its id"}
			}
			if b.Sync != nil {
				asked, full := s.Sync.Asked, s.Sync.AskFull
				s.Sync = *b.Sync
				s.Sync.Asked, s.Sync.AskFull = asked, full
			}
			return nil
		})
		for _, u := range b.Users {
			if err == nil {
				err = p.user(u)
			}
		}
		for _, g := range b.Groups {
			if err == nil {
				err = p.group(g)
			}
		}
		for _, m := range b.Members {
			if err == nil {
				err = p.members(m)
			}
		}
		for _, id := range b.GoneUsers {
			if err == nil {
				err = p.goneUser(id)
			}
		}
		for _, id := range b.GoneGroups {
			if err == nil {
				err = p.goneGroup(string(id))
			}
		}
		if err == nil && b.Prune {
			err = p.prune()
		}
		return err
	}), op, string(source))
}

// people writes one batch.
type people struct {
	*tx
	tenant, source, op string
	b                  *directory.Batch
}

func (p *people) conflict(key, msg string) error {
	return &fault.Error{Kind: fault.Conflict, Op: p.op, Key: key, Msg: msg}
}

// next returns the version that a row gets.
func (p *people) next(table, id string, has int64) (int64, error) {
	var stored int64
	if _, err := p.row(`SELECT version FROM `+table+` WHERE tenant = ? AND source = ? AND id = ?`, []any{p.tenant, p.source, id}, &stored); err != nil {
		return 0, err
	}
	if stored != has && !p.b.AnyVersion {
		return 0, p.conflict(id, "was changed meanwhile")
	}
	return stored + 1, nil
}

func (p *people) user(u directory.User) error {
	version, err := p.next("directory_users", string(u.ID), u.Version)
	if err != nil {
		return err
	}
	name := directory.Fold(u.Username)
	if p.b.Unique && u.Deleted.IsZero() {
		var twin string
		taken, err := p.row(`SELECT id FROM directory_users WHERE tenant = ? AND username = ? AND username <> '' AND source = ? AND deleted = 0 AND id <> ?`, []any{p.tenant, name, p.source, string(u.ID)}, &twin)
		if err != nil {
			return err
		}
		if taken {
			return p.conflict(u.Username, "is another user's sign-in name")
		}
	}
	doc, err := json.Marshal(u)
	if err != nil {
		return err
	}
	_, err = p.exec(`INSERT INTO directory_users (tenant, source, id, external_id, username, search, deleted, generation, version, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, source, id) DO UPDATE SET external_id = excluded.external_id, username = excluded.username, search = excluded.search, deleted = excluded.deleted,
		generation = excluded.generation, version = excluded.version, doc = excluded.doc`,
		p.tenant, p.source, string(u.ID), u.ExternalID, name, searched(u.Name, u.Username, u.Email, u.ExternalID), nanos(u.Deleted), p.b.Generation, version, doc)
	return err
}

// searched is the text that a search looks at; the separator keeps a match within one of its parts.
func searched(parts ...string) string {
	for i := range parts {
		parts[i] = directory.Fold(parts[i])
	}
	return strings.Join(parts, "\x00")
}

func (p *people) group(g directory.Group) error {
	version, err := p.next("directory_groups", string(g.ID), g.Version)
	if err != nil {
		return err
	}
	name := directory.Fold(g.Name)
	if p.b.Unique {
		var twin string
		taken, err := p.row(`SELECT id FROM directory_groups WHERE tenant = ? AND source = ? AND name = ? AND id <> ?`, []any{p.tenant, p.source, name, string(g.ID)}, &twin)
		if err != nil {
			return err
		}
		if taken {
			return p.conflict(g.Name, "is another group's name")
		}
	}
	doc, err := json.Marshal(g)
	if err != nil {
		return err
	}
	_, err = p.exec(`INSERT INTO directory_groups (tenant, source, id, external_id, name, search, role, generation, version, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, source, id) DO UPDATE SET external_id = excluded.external_id, name = excluded.name, search = excluded.search, role = excluded.role,
		generation = excluded.generation, version = excluded.version, doc = excluded.doc`,
		p.tenant, p.source, string(g.ID), g.ExternalID, name, searched(g.Name, g.ExternalID), g.Role, p.b.Generation, version, doc)
	return err
}

func (p *people) members(m directory.Membership) error {
	group := string(m.Group)
	if m.All {
		if _, err := p.exec(`DELETE FROM directory_members WHERE tenant = ? AND source = ? AND grp = ?`, p.tenant, p.source, group); err != nil {
			return err
		}
	}
	for _, id := range m.Remove {
		if _, err := p.exec(`DELETE FROM directory_members WHERE tenant = ? AND source = ? AND grp = ? AND member = ?`, p.tenant, p.source, group, string(id)); err != nil {
			return err
		}
	}
	for _, v := range m.Add {
		if _, err := p.exec(`INSERT INTO directory_members (tenant, source, grp, member, nests, generation) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (tenant, source, grp, member) DO UPDATE SET nests = excluded.nests, generation = excluded.generation`,
			p.tenant, p.source, group, string(v.ID), v.Nests, p.b.Generation); err != nil {
			return err
		}
	}
	return nil
}

// goneUser keeps what identifies the user and drops all else.
func (p *people) goneUser(id directory.ID) error {
	var doc []byte
	found, err := p.row(`SELECT doc FROM directory_users WHERE tenant = ? AND source = ? AND id = ? AND deleted = 0`, []any{p.tenant, p.source, string(id)}, &doc)
	if err != nil || !found {
		return err
	}
	var u directory.User
	if err := json.Unmarshal(doc, &u); err != nil {
		return err
	}
	u = directory.User{Source: u.Source, ID: id, ExternalID: u.ExternalID, Username: u.Username, Created: u.Created, Changed: p.b.At, Deleted: p.b.At}
	if doc, err = json.Marshal(u); err != nil {
		return err
	}
	if _, err := p.exec(`UPDATE directory_users SET deleted = ?, version = version + 1, search = ?, doc = ? WHERE tenant = ? AND source = ? AND id = ?`,
		nanos(p.b.At), searched(u.Username, u.ExternalID), doc, p.tenant, p.source, string(id)); err != nil {
		return err
	}
	_, err = p.exec(`DELETE FROM directory_members WHERE tenant = ? AND source = ? AND member = ?`, p.tenant, p.source, string(id))
	return err
}

func (p *people) goneGroup(id string) error {
	for _, text := range []string{
		`DELETE FROM directory_groups WHERE tenant = ? AND source = ? AND id = ?`, `DELETE FROM directory_members WHERE tenant = ? AND source = ? AND grp = ?`,
		`DELETE FROM directory_members WHERE tenant = ? AND source = ? AND member = ?`,
	} {
		if _, err := p.exec(text, p.tenant, p.source, id); err != nil {
			return err
		}
	}
	return nil
}

func (p *people) prune() error {
	gone, err := p.ids(`SELECT id FROM directory_users WHERE tenant = ? AND source = ? AND generation < ? AND deleted = 0`)
	if err != nil {
		return err
	}
	for _, id := range gone {
		if err := p.goneUser(directory.ID(id)); err != nil {
			return err
		}
	}
	if gone, err = p.ids(`SELECT id FROM directory_groups WHERE tenant = ? AND source = ? AND generation < ?`); err != nil {
		return err
	}
	for _, id := range gone {
		if err := p.goneGroup(id); err != nil {
			return err
		}
	}
	_, err = p.exec(`DELETE FROM directory_members WHERE tenant = ? AND source = ? AND generation < ?`, p.tenant, p.source, p.b.Generation)
	return err
}

func (p *people) ids(text string) (list []string, err error) {
	s, err := p.prepared(text)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(p.ctx, p.tenant, p.source, p.b.Generation)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}
