package evidence

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Item is one place that matched.
type Item struct {
	File string `json:"file,omitempty"`
	dlp.Match
}

// Row is what a store keeps of one activity.
type Row struct {
	Tenant   model.TenantID
	Activity model.ActivityID
	Time     time.Time
	Expires  time.Time
	Sealed   []byte
}

// Store keeps rows. Every method answers for one tenant; expired rows are as good as gone.
type Store interface {
	// PutEvidence writes the row of an activity, in the place of one that is there.
	PutEvidence(ctx context.Context, row Row) error
	// Evidence returns the row of an activity, or NotFound.
	Evidence(ctx context.Context, tenant model.TenantID, activity model.ActivityID, now time.Time) (Row, error)
}

// Sealer seals; *vault.Vault is one.
type Sealer interface {
	Seal(tenant model.TenantID, purpose string, plaintext, ad []byte) ([]byte, error)
	Open(tenant model.TenantID, purpose string, sealed, ad []byte) ([]byte, error)
}

const purpose = "evidence"

// Parts are what a keeper works with.
type Parts struct {
	Store   Store
	Sealer  Sealer
	Setting func(tenant model.TenantID) Setting // of the tenant, as it stands
	Now     func() time.Time
}

// Keeper keeps evidence. It is safe for concurrent use.
type Keeper struct {
	parts Parts
	mu    sync.Mutex // one addition at a time
}

// New makes a keeper.
func New(p Parts) *Keeper { return &Keeper{parts: p} }

// Options are those of a scan whose matches are to be kept.
func (k *Keeper) Options(tenant model.TenantID, opt dlp.Options) dlp.Options {
	return k.parts.Setting(tenant).Scan(opt)
}

// Keep adds the matches in a file to what is kept for an activity. It keeps nothing when the tenant wants nothing kept,
// and drops what is beyond MaxItems.
func (k *Keeper) Keep(ctx context.Context, tenant model.TenantID, activity model.ActivityID, file string, matches []dlp.Match) error {
	const op = "evidence.Keep"
	setting := k.parts.Setting(tenant)
	if setting.WithDefaults().Keep == KeepOff || len(matches) == 0 {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	items, _, err := k.Read(ctx, tenant, activity)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	for _, m := range matches {
		if len(items) >= MaxItems {
			break
		}
		items = append(items, Item{file, m})
	}
	text, err := json.Marshal(items)
	if err != nil {
		return fault.As(err, fault.Internal, op, string(activity))
	}
	sealed, err := k.parts.Sealer.Seal(tenant, purpose, text, []byte(activity))
	if err != nil {
		return fault.Wrap(err, op, string(activity))
	}
	now := k.parts.Now()
	return fault.Wrap(k.parts.Store.PutEvidence(ctx, Row{Tenant: tenant, Activity: activity, Time: now, Expires: now.Add(setting.life()), Sealed: sealed}), op, string(activity))
}

// Read returns what is kept for an activity and until when; NotFound when there is nothing. Who asks must be on record
// before it is shown.
func (k *Keeper) Read(ctx context.Context, tenant model.TenantID, activity model.ActivityID) ([]Item, time.Time, error) {
	const op = "evidence.Read"
	row, err := k.parts.Store.Evidence(ctx, tenant, activity, k.parts.Now())
	if err != nil {
		return nil, time.Time{}, err
	}
	text, err := k.parts.Sealer.Open(tenant, purpose, row.Sealed, []byte(activity))
	if err != nil {
		return nil, time.Time{}, fault.Wrap(err, op, string(activity))
	}
	var items []Item
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, time.Time{}, fault.As(err, fault.Internal, op, string(activity))
	}
	return items, row.Expires, nil
}
