package template

import (
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

var blockCountries = Template{
	ID: "block_countries", Title: "Block sign-in from other countries",
	Doc: "Refuses sign-in to every app from countries where nobody works. A break-glass group is left out, so that a wrong address table locks out nobody for good.",
	Params: []Param{
		{Name: "countries", Title: "Countries where people work, as two capital letters", Needed: true},
		{Name: "breakglass", Title: "Group of break-glass accounts", Needed: true},
	},
	build: func(v Values) []*policy.Document {
		return []*policy.Document{{
			Kind: policy.KindConditionalAccess, ID: "block-other-countries", Name: "Block sign-in from other countries",
			Severity: policy.SeverityHigh, Category: policy.CategoryAccessControl, State: policy.StateReportOnly,
			Access: &policy.ConditionalAccess{
				Users:        policy.Users{Include: []string{policy.All}, ExcludeGroups: []model.GroupID{model.GroupID(v["breakglass"])}},
				Applications: policy.Applications{Include: []string{policy.All}},
				Locations:    policy.Locations{Include: []string{policy.All}, ExcludeCountries: v.list("countries")},
				Devices:      policy.Devices{Unknown: model.TagUnmanaged},
				Grant:        policy.Grant{Controls: []policy.GrantControl{policy.GrantBlock}},
			},
		}}
	},
}
