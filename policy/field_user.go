package policy

import (
	"strings"

	"github.com/referee-casb/referee/filter"
)

var userFields = []filter.Field[Input]{
	{
		Info: filter.Info{Name: fieldUserID, Title: "User id", Kind: filter.KindID, Doc: "The provider's id of the person."},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.User.ID)) },
	},
	{
		Info: filter.Info{
			Name: "user.username", Title: "User", Kind: filter.KindText, Fold: true,
			Doc: "The sign-in name, usually an e-mail address.",
		},
		Text: func(in *Input) (string, filter.State) { return certain(in.User.Username) },
	},
	{
		Info: filter.Info{Name: "user.name", Title: "User's display name", Kind: filter.KindText, Fold: true, Doc: "The person's name as the provider tells it."},
		Text: func(in *Input) (string, filter.State) { return certain(in.User.Name) },
	},
	{
		Info: filter.Info{Name: "user.email", Title: "User's address", Kind: filter.KindText, Fold: true, Doc: "The person's e-mail address."},
		Text: func(in *Input) (string, filter.State) { return certain(in.User.Email) },
	},
	{
		Info: filter.Info{Name: "user.provider", Title: "Identity provider", Kind: filter.KindID, Doc: "Id of the provider where the person signed in."},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.User.Provider)) },
	},
	{
		Info: filter.Info{
			Name: fieldGroups, Title: "User group", Kind: filter.KindID, Many: true, Aliases: []string{"user.tags"},
			Doc: "Groups of the person, exactly as the provider sends them.",
		},
		Count:  func(in *Input) (int, filter.State) { return len(in.User.Groups), filter.Known },
		TextAt: func(in *Input, i int) string { return string(in.User.Groups[i]) },
	},
	{
		Info:   filter.Info{Name: "user.roles", Title: "User role", Kind: filter.KindID, Many: true, Doc: "Directory roles of the person."},
		Count:  func(in *Input) (int, filter.State) { return len(in.User.Roles), filter.Known },
		TextAt: func(in *Input, i int) string { return in.User.Roles[i] },
	},
	{
		Info: filter.Info{Name: "user.domain", Title: "User domain", Kind: filter.KindText, Fold: true, Doc: "What follows the @ of the sign-in name."},
		Text: func(in *Input) (string, filter.State) { return certain(domain(in)) },
	},
	{
		Info: filter.Info{
			Name: "user.external", Title: "External user", Kind: filter.KindBool,
			Doc: "The person is a guest, or outside the tenant's managed domains.",
		},
		Bool: func(in *Input) (bool, filter.State) { return in.User.External, filter.Known },
	},
	{
		Info: filter.Info{Name: fieldGuestType, Title: "Kind of guest", Kind: filter.KindEnum, Values: choices(guestTypes), Doc: "What kind of guest or external user the person is, where the provider says so."},
		Text: func(in *Input) (string, filter.State) { return ofGuests(in, string(in.User.GuestType)) },
	},
	{
		Info: filter.Info{Name: fieldHomeTenant, Title: "Home organisation", Kind: filter.KindID, Fold: true, Doc: "Id of the organisation where an external person is at home, where the provider says so."},
		Text: func(in *Input) (string, filter.State) { return ofGuests(in, in.User.HomeTenant) },
	},
}

// ofGuests is a fact that only external people have. Where the provider does not tell it, nobody can.
func ofGuests(in *Input, s string) (string, filter.State) {
	switch {
	case !in.User.External:
		return "", filter.NotSet
	case s == "":
		return "", filter.Unobtainable
	}
	return s, filter.Known
}

func choices[T ~string](values []T) []filter.Choice {
	out := make([]filter.Choice, len(values))
	for i, v := range values {
		out[i] = filter.Choice{Name: string(v)}
	}
	return out
}

// domain is User.Domain without its change of case, which would allocate; the field folds.
func domain(in *Input) string {
	for _, name := range [...]string{in.User.Username, in.User.Email} {
		if i := strings.LastIndexByte(name, '@'); i >= 0 {
			return name[i+1:]
		}
	}
	return ""
}
