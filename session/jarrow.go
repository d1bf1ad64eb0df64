package session

import (
	"context"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/model"
)

// JarRow is one cookie of an app in an app session's jar. Value is sealed with the jar's data key; the row's
// place (app session, domain, path, name) is bound to it as associated data.
type JarRow struct {
	AppSession string
	Tenant     model.TenantID
	Domain     string // without leading dot
	HostOnly   bool
	Path       string
	Name       string
	Sealed     []byte    // value and attributes
	Expires    time.Time // zero for a session cookie
	Created    time.Time
	Version    int64 // 1 for a new row; compare-and-set
}

// LogValue leaves out what is sealed.
func (r JarRow) LogValue() slog.Value {
	return slog.GroupValue(slog.String("app_session", r.AppSession), slog.String("domain", r.Domain), slog.String("path", r.Path), slog.String("name", r.Name))
}

// JarStore keeps jars. Rows are visible to every gateway when a write returns. Every method answers for one
// tenant only.
type JarStore interface {
	// JarRows returns a jar's rows and its version, which grows with every write to the jar; 0 for one that was
	// never written.
	JarRows(ctx context.Context, tenant model.TenantID, appSession string) ([]JarRow, int64, error)
	// JarVersion returns the version alone.
	JarVersion(ctx context.Context, tenant model.TenantID, appSession string) (int64, error)
	// WriteJar changes rows of one jar in one step and returns its new version. A row is put if the stored
	// version is row.Version-1 (absent counts as 0), and dropped if it is row.Version; otherwise nothing
	// happens and it is a Conflict. It is Denied when the app session is absent or revoked.
	WriteJar(ctx context.Context, tenant model.TenantID, appSession string, put, drop []JarRow) (int64, error)
}
