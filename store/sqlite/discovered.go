package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ catalog.DiscoveredStore = (*DB)(nil)

// AddDiscovered implements [catalog.DiscoveredStore]. Hosts of an instance that is gone are left out.
func (db *DB) AddDiscovered(ctx context.Context, tenant model.TenantID, seen []catalog.Discovered) error {
	const op = "sqlite.AddDiscovered"
	return wrap(db.write.do(ctx, func(t *tx) error {
		counts := map[model.InstanceID]int{}
		for _, d := range seen {
			if _, asked := counts[d.Instance]; !asked {
				n := -1
				if _, err := t.row(`SELECT (SELECT COUNT(*) FROM discovered_hosts WHERE tenant = i.tenant AND instance = i.id) FROM instances i WHERE i.tenant = ? AND i.id = ?`,
					[]any{string(tenant), string(d.Instance)}, &n); err != nil {
					return err
				}
				counts[d.Instance] = n
			}
			if counts[d.Instance] < 0 {
				continue
			}
			var doc []byte
			have, err := t.row(`SELECT doc FROM discovered_hosts WHERE tenant = ? AND instance = ? AND host = ?`, []any{string(tenant), string(d.Instance), d.Host}, &doc)
			switch {
			case err != nil:
				return err
			case have:
				var old catalog.Discovered
				if err := json.Unmarshal(doc, &old); err != nil {
					return fault.As(err, fault.Internal, op, d.Host)
				}
				old.Merge(d)
				d = old
			case counts[d.Instance] >= catalog.MaxDiscovered:
				continue
			default:
				counts[d.Instance]++
			}
			if doc, err = json.Marshal(d); err != nil {
				return fault.Wrap(err, op, d.Host)
			}
			if _, err := t.exec(`INSERT INTO discovered_hosts (tenant, instance, host, doc) VALUES (?, ?, ?, ?) ON CONFLICT (tenant, instance, host) DO UPDATE SET doc = excluded.doc`,
				string(tenant), string(d.Instance), d.Host, doc); err != nil {
				return err
			}
		}
		return nil
	}), op, string(tenant))
}

// Discovered implements [catalog.DiscoveredStore].
func (db *DB) Discovered(ctx context.Context, tenant model.TenantID, instance model.InstanceID) (list []catalog.Discovered, err error) {
	err = db.query(ctx, `SELECT doc FROM discovered_hosts WHERE tenant = ? AND instance = ? ORDER BY host`, []any{string(tenant), string(instance)}, func(s scanner) error {
		var d catalog.Discovered
		err := scanDoc(s, &d)
		list = append(list, d)
		return err
	})
	return list, wrap(err, "sqlite.Discovered", string(instance))
}
