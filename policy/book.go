package policy

import (
	"slices"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Book is a compiled set of policies of one tenant. It is immutable and safe for concurrent use; a change of
// policies, exceptions or rollouts makes a new one, and whoever holds it swaps the pointer.
type Book struct {
	tenant        model.TenantID
	epoch         int64
	defaultAccess Gate
	policies      []*Policy // in the order of the documents
	byID          map[string]*Policy

	signIn, access bucket
	actions        bucket // Conditional Access policies about user actions
	session        map[model.ActivityType]*bucket
	stepsUp        map[model.ActivityType]bool // activities before which somebody may be asked for a step-up
	inspects       map[model.ActivityType]bool // activities whose content somebody may want to know
	monitorOnly    *Policy
	blockDownloads *Policy
}

// Epoch returns the epoch the book was compiled at.
func (b *Book) Epoch() int64 { return b.epoch }

// Tenant returns whose book it is.
func (b *Book) Tenant() model.TenantID { return b.tenant }

// Policy returns one policy, or nil. Disabled documents are not in the book.
func (b *Book) Policy(id string) *Policy { return b.byID[id] }

// Policies returns every policy in the order of the documents, without those that are built in. The caller must
// not change the list.
func (b *Book) Policies() []*Policy { return b.policies }

// Watched returns what somebody may be stopped from doing in a session with an app, in policies of either phase.
// The gateway tells the client script to look out for it.
func (b *Book) Watched(app model.AppRef, suite, control string) []model.ActivityType {
	var out []model.ActivityType
	note := func(p *Policy) {
		for _, a := range p.moments() {
			if p.Gate != GateAllow && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	if control == controlBlockDownloads {
		note(b.blockDownloads)
	}
	for _, p := range b.policies {
		if p.stage != StageActivity || control == controlMonitorOnly {
			continue
		}
		keys, bound := p.activities.Necessary(fieldApp)
		if !bound || slices.Contains(keys, app.Key) || slices.Contains(keys, string(app.Instance)) || suite != "" && slices.Contains(keys, suite) {
			note(p)
		}
	}
	slices.Sort(out)
	return out
}

// StepsUp reports whether some policy in force asks for a step-up before one of the activities. Only then need the
// gateway keep a request's body, to send it again.
func (b *Book) StepsUp(kinds ...model.ActivityType) bool {
	return slices.ContainsFunc(kinds, func(k model.ActivityType) bool { return b.stepsUp[k] })
}

// Inspects reports whether some policy, in force or watching, decides one of the activities by what only the whole content
// shows. Only then need the gateway hold it back.
func (b *Book) Inspects(kinds ...model.ActivityType) bool {
	return slices.ContainsFunc(kinds, func(k model.ActivityType) bool { return b.inspects[k] })
}

func (b *Book) add(p *Policy) {
	p.rank = len(b.policies)
	b.policies = append(b.policies, p)
	b.byID[p.ID] = p
}

// BlockDownloadsID is the id of the built-in policy behind Conditional Access's "block downloads". Exceptions may
// name it as they name documents.
const BlockDownloadsID = "builtin-block-downloads"

// addBuiltIns makes the policies that stand behind Entra's two session controls that need no session policy.
func (b *Book) addBuiltIns(level Level) {
	everything, err := activitySchema.Compile(filter.AllOf())
	if err != nil {
		panic(err) // an empty filter always compiles
	}
	base := Policy{
		Kind: KindSession, BuiltIn: true, Severity: SeverityLow, Category: CategoryAccessControl, stage: StageActivity,
		Unscannable: UnscannableBlock, DeviceUnknown: model.TagUnmanaged, Deadline: DefaultDeadline, duties: DutyAudit,
		activities: everything, content: newContent(Inspection{}, nil), rank: 1 << 30,
	}
	monitor, block := base, base
	monitor.ID, monitor.Name = "builtin-monitor-only", "Monitor only (Conditional Access)"
	monitor.Control, monitor.Action = ControlMonitorOnly, ActionAudit
	block.ID, block.Name = BlockDownloadsID, "Block downloads (Conditional Access)"
	block.Control, block.Action, block.Gate, block.Level = ControlFileDownload, ActionBlock, GateBlock, level
	b.monitorOnly, b.blockDownloads = &monitor, &block
	b.byID[monitor.ID], b.byID[block.ID] = &monitor, &block
}
