package policy

import (
	"errors"
	"maps"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy/devicerule"
)

// Names of fields that the compiler itself looks at.
const (
	fieldActivityType = "activity.type"
	fieldApp          = "app"
	fieldUserID       = "user.id"
	fieldGroups       = "user.groups"
	fieldDeviceTags   = "device.tags"
	fieldPlatform     = "device.platform"
	fieldUserRisk     = "risk.user"
	fieldSignInRisk   = "risk.signIn"
	fieldGuestType    = "user.guestType"
	fieldHomeTenant   = "user.homeTenant"
	fieldUserAction   = "userAction"
	fieldContext      = "authenticationContext"
	fieldFlow         = "authenticationFlow"
)

// activitySchema holds the fields of `activities` and of Conditional Access, fileSchema those of `files`.
var (
	activitySchema = filter.MustSchema("policy", join(appFields, userFields, signInFields, deviceFields, attributeFields, networkFields, agentFields))
	fileSchema     = filter.MustSchema("file", fileFields)
)

func join(groups ...[]filter.Field[Input]) []filter.Field[Input] {
	var out []filter.Field[Input]
	for _, g := range groups {
		out = append(out, g...)
	}
	return out
}

// Fields describes what the `activities` filter of a policy may name, for reference pages and editors.
func Fields() []*filter.Info { return activitySchema.Fields() }

// FileFields describes what the `files` filter may name.
func FileFields() []*filter.Info { return fileSchema.Fields() }

func bindActivities(n *filter.Node) error { _, err := activitySchema.Bind(n); return err }
func bindFiles(n *filter.Node) error      { _, err := fileSchema.Bind(n); return err }

// mistakesOf returns the mistakes that an error of package filter holds.
func mistakesOf(err error) filter.Mistakes {
	var ms filter.Mistakes
	errors.As(err, &ms)
	return ms
}

// certain is the state of a fact that the caller always has: set or not.
func certain(s string) (string, filter.State) {
	if s == "" {
		return "", filter.NotSet
	}
	return s, filter.Known
}

// given is the state of a fact that comes with one of its own. A value that is there counts as known even when
// the caller left its state zero; what is not there has the caller's state.
func given(s string, st filter.State) (string, filter.State) {
	if s != "" && st == filter.NotSet {
		st = filter.Known
	}
	return s, st
}

// needOf says which part of Referee can fetch a field that is Unknown.
var needOf = func() map[string]model.NeedKind {
	out := maps.Clone(needOfField)
	for _, a := range devicerule.Attributes() {
		out[a.Field] = model.NeedDeviceProof
	}
	return out
}()

var needOfField = map[string]model.NeedKind{
	fieldDeviceTags:          model.NeedDeviceProof,
	"location.country":       model.NeedNetwork,
	"location.city":          model.NeedNetwork,
	"location.organizations": model.NeedNetwork,
	"location.asn":           model.NeedNetwork,
	"location.named":         model.NeedNetwork,
	"ip.category":            model.NeedNetwork,
	"ip.tags":                model.NeedNetwork,
	"fileSize":               model.NeedSize,
	"mimeType":               model.NeedTrueType,
	"fileLabels":             model.NeedLabel,
}

// Asked returns values of which a field of the `activities` filter must have one for the filter to hold, see
// [filter.Plan.Necessary]. Bound is false when it may hold with any value, or the filter is wrong.
func Asked(activities *filter.Node, field string) (values []string, bound bool) {
	plan, err := activitySchema.Bind(activities)
	if err != nil {
		return nil, false
	}
	return plan.Necessary(field)
}

// Many reports whether a field of `activities` or `files` may have several values at once, or is unknown.
func Many(field string) bool {
	for _, c := range []*filter.Catalog{activitySchema.Catalog, fileSchema.Catalog} {
		if f := c.Field(field); f != nil {
			return f.Many || f.Kind == filter.KindAddress
		}
	}
	return true
}
