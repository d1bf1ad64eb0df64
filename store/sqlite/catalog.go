package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ catalog.Store = (*DB)(nil)

// PutInstance implements [catalog.Store].
func (db *DB) PutInstance(ctx context.Context, in catalog.Instance) error {
	const op = "sqlite.PutInstance"
	if err := in.Validate(); err != nil {
		return fault.Wrap(err, op, string(in.ID))
	}
	doc, err := json.Marshal(in)
	if err != nil {
		return fault.Wrap(err, op, string(in.ID))
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		if _, err := tx.exec(`INSERT INTO instances (tenant, id, doc) VALUES (?, ?, ?) ON CONFLICT (tenant, id) DO UPDATE SET doc = excluded.doc`,
			string(in.Tenant), string(in.ID), doc); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM instance_hosts WHERE tenant = ? AND instance = ?`, string(in.Tenant), string(in.ID)); err != nil {
			return err
		}
		if !in.Routed() { // nothing is mapped, so nothing is claimed
			return nil
		}
		for i := range in.Hosts {
			for kind, name := range map[string]string{"host": in.Hosts[i].Name, "label": in.Hosts[i].Prefix()} {
				if err := tx.claim(op, &in, kind, name); err != nil {
					return err
				}
			}
		}
		return nil
	}), op, string(in.ID))
}

func (t *tx) claim(op string, in *catalog.Instance, kind, name string) error {
	_, err := t.exec(`INSERT INTO instance_hosts (tenant, kind, name, instance) VALUES (?, ?, ?, ?)`, string(in.Tenant), kind, name, string(in.ID))
	if !fault.Is(classify(err), fault.Conflict) {
		return err
	}
	var other string
	if _, err := t.row(`SELECT instance FROM instance_hosts WHERE tenant = ? AND kind = ? AND name = ?`, []any{string(in.Tenant), kind, name}, &other); err != nil {
		return err
	}
	return &fault.Error{
		Kind: fault.Conflict, Op: op, Key: string(in.ID), Msg: kind + " " + name + " belongs to instance " + other,
		Help: "take it from that instance first, or choose another " + kind,
	}
}

// DeleteInstance implements [catalog.Store].
func (db *DB) DeleteInstance(ctx context.Context, tenant model.TenantID, id model.InstanceID) error {
	const op = "sqlite.DeleteInstance"
	return wrap(db.write.do(ctx, func(t *tx) error {
		n, err := t.exec(`DELETE FROM instances WHERE tenant = ? AND id = ?`, string(tenant), string(id))
		if err != nil {
			return err
		}
		if n == 0 {
			return &fault.Error{Kind: fault.NotFound, Op: op, Key: string(id), Msg: "is not there"}
		}
		_, err = t.exec(`DELETE FROM discovered_hosts WHERE tenant = ? AND instance = ?`, string(tenant), string(id))
		return err
	}), op, string(id))
}

// Instances implements [catalog.Store].
func (db *DB) Instances(ctx context.Context, tenant model.TenantID) (list []catalog.Instance, err error) {
	err = db.query(ctx, `SELECT doc FROM instances WHERE tenant = ? ORDER BY id`, []any{string(tenant)}, func(s scanner) error {
		var in catalog.Instance
		err := scanDoc(s, &in)
		in.Tenant = tenant
		list = append(list, in)
		return err
	})
	return list, wrap(err, "sqlite.Instances", string(tenant))
}
