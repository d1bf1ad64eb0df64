package api

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

type (
	whatIfUser struct {
		ID         model.UserID    `json:"id,omitempty" maxLength:"500"`
		Username   string          `json:"username,omitempty" maxLength:"500"`
		Groups     []model.GroupID `json:"groups,omitempty" maxItems:"5000"`
		Roles      []string        `json:"roles,omitempty" maxItems:"1000"`
		External   bool            `json:"external,omitempty" doc:"A guest, or outside the tenant's managed domains."`
		GuestType  model.GuestType `json:"guestType,omitempty" enum:"internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider"`
		HomeTenant string          `json:"homeTenant,omitempty" maxLength:"500"`
		// NoDirectory asks about the claims alone.
		NoDirectory bool `json:"noDirectory,omitempty" doc:"Leave out what the directory says of this user."`
	}
	whatIfDevice struct {
		Answer     string              `json:"answer,omitempty" enum:"asked,unknown,none" default:"asked" doc:"asked: the tags and attributes are what was proven; unknown: nobody has asked yet; none: asking gave no answer."`
		Tags       []model.DeviceTag   `json:"tags,omitempty" maxItems:"10" doc:"compliant, hybridJoined, validClientCertificate, managed."`
		Attributes map[string][]string `json:"attributes,omitempty" doc:"By Entra's names; an empty list is known to have no value."`
	}
	whatIfPlace struct {
		IP         string   `json:"ip,omitempty" maxLength:"64" doc:"Country, named locations and categories are looked up."`
		Country    string   `json:"country,omitempty" maxLength:"2" doc:"Two letters; outranks what the address says."`
		Locations  []string `json:"locations,omitempty" maxItems:"200" doc:"Named locations, beside those that hold the address."`
		Categories []string `json:"categories,omitempty" maxItems:"20"`
		ISP        string   `json:"isp,omitempty" maxLength:"200"`
		Unknown    bool     `json:"unknown,omitempty" doc:"Nothing can be found out about the place."`
	}
	whatIfDone struct {
		Kind  model.StepUpKind `json:"kind" enum:"mfa,authenticationStrength,authenticationContext,passwordChange,termsOfUse"`
		Value string           `json:"value,omitempty" maxLength:"200"`
		Ago   string           `json:"ago,omitempty" maxLength:"20" doc:"How long ago, such as 2h; now when left out."`
	}
	whatIfBody struct {
		User       whatIfUser                `json:"user"`
		App        string                    `json:"app,omitempty" maxLength:"200" doc:"Key of an app, or id of one of the tenant's instances. Not with userAction."`
		UserAction policy.UserAction         `json:"userAction,omitempty" enum:"urn:user:registersecurityinfo,urn:user:registerdevice"`
		Context    string                    `json:"authenticationContext,omitempty" maxLength:"10" doc:"c1 to c99."`
		Flow       policy.AuthenticationFlow `json:"authenticationFlow,omitempty" enum:"deviceCodeFlow,authenticationTransfer"`
		ClientApp  model.ClientApp           `json:"clientApp,omitempty" enum:"browser,mobileAppsAndDesktopClients,exchangeActiveSync,other" default:"browser"`
		Platform   string                    `json:"platform,omitempty" enum:"android,iOS,windows,windowsPhone,macOS,linux" doc:"As the user agent claims it."`
		UserAgent  []string                  `json:"userAgentTags,omitempty" maxItems:"10" doc:"Native client, Outdated browser, Outdated operating system, Robot."`
		Place      whatIfPlace               `json:"place"`
		Device     whatIfDevice              `json:"device"`
		UserRisk   model.RiskLevel           `json:"userRisk,omitempty" enum:"none,low,medium,high" doc:"As the provider claims it; not to be had when left out."`
		SignInRisk model.RiskLevel           `json:"signInRisk,omitempty" enum:"none,low,medium,high"`
		SignedIn   string                    `json:"signedIn,omitempty" maxLength:"20" doc:"How long ago the person signed in, such as 2h; now when left out."`
		Done       []whatIfDone              `json:"done,omitempty" maxItems:"50" doc:"What the person has done since."`
		At         time.Time                 `json:"at,omitzero" doc:"When; now when left out."`
		Files      []fileBody                `json:"files,omitempty" maxItems:"500" doc:"Drafts, in place of the stored documents of the same id."`
	}
	whatIfAnswer struct {
		Body struct {
			policy.WhatIf
			Refused string           `json:"refused,omitempty" doc:"Why the directory refuses this user's sign-in, whatever the policies say."`
			Facts   []directory.Fact `json:"directory,omitempty" doc:"What the directory told of the user."`
			Text    string           `json:"text" doc:"All of it, for a screen."`
		}
	}
)

func (a *API) whatIf(ctx context.Context, c *caller, in *struct {
	InTenant
	Body whatIfBody
},
) (*whatIfAnswer, error) {
	drafts, err := decode(in.Body.Files)
	if err != nil {
		return nil, err
	}
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	book, problems := a.compile(s, s.with(drafts))
	if len(problems) > 0 {
		return nil, &wrong{kind: fault.Invalid, detail: "the documents can't be put into force", mistakes: problemsOf(problems)}
	}
	facts, err := a.supposed(ctx, c.Tenant, &in.Body)
	if err != nil {
		return nil, err
	}
	out := &whatIfAnswer{}
	p, err := a.supposedPerson(ctx, c.Tenant, &in.Body.User, facts)
	if err != nil {
		return nil, err
	}
	out.Body.Refused, out.Body.Facts = p.Refused, p.Facts
	out.Body.WhatIf = book.WhatIf(facts)
	out.Body.Text = out.Body.WhatIf.String()
	if p.Refused != "" {
		out.Body.Text = "The sign-in is refused, whatever the policies say: " + p.Refused + ".\n" + out.Body.Text
	}
	return out, nil
}

// supposed makes the input of a sign-in that nobody makes.
func (a *API) supposed(ctx context.Context, tenant model.TenantID, b *whatIfBody) (*policy.Input, error) {
	const op = "api.whatIf"
	in := &policy.Input{
		Now: b.At, Tenant: tenant, Stage: policy.StageSignIn, ClientApp: b.ClientApp, UserAction: b.UserAction, Context: b.Context, Flow: b.Flow,
		User: model.User{
			ID: b.User.ID, Username: b.User.Username, Groups: b.User.Groups, Roles: b.User.Roles,
			External: b.User.External || b.User.GuestType != "" || b.User.HomeTenant != "", GuestType: b.User.GuestType, HomeTenant: b.User.HomeTenant,
		},
		Agent: model.Agent{OS: b.Platform, Tags: b.UserAgent},
	}
	if in.Now.IsZero() {
		in.Now = a.Now()
	}
	if (b.App == "") == (b.UserAction == "") {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: "app", Msg: "name either an app or a user action"}
	}
	if err := a.supposedApp(ctx, tenant, b.App, in); err != nil {
		return nil, err
	}
	if err := supposedAuth(b, in); err != nil {
		return nil, err
	}
	if err := supposedDevice(&b.Device, in); err != nil {
		return nil, err
	}
	return in, a.supposedPlace(tenant, &b.Place, in)
}

// supposedPerson fills in what the directory says of the person. What is said in the question counts beside it.
func (a *API) supposedPerson(ctx context.Context, tenant model.TenantID, b *whatIfUser, in *policy.Input) (directory.Person, error) {
	name := cmp.Or(string(b.ID), b.Username)
	if name == "" || b.NoDirectory {
		return directory.Person{}, nil
	}
	p, err := a.personOf(ctx, tenant, name)
	if fault.Is(err, fault.NotFound) && b.ID != "" && b.Username != "" {
		p, err = a.personOf(ctx, tenant, b.Username)
	}
	if fault.Is(err, fault.NotFound) {
		return directory.Person{}, nil
	}
	if err != nil {
		return directory.Person{}, err
	}
	u, said := p.User, in.User
	u.ID, u.Username = cmp.Or(said.ID, u.ID), cmp.Or(said.Username, u.Username)
	for _, g := range said.Groups {
		if !slices.Contains(u.Groups, g) {
			u.Groups = append(u.Groups, g)
		}
	}
	for _, r := range said.Roles {
		if !slices.Contains(u.Roles, r) {
			u.Roles = append(u.Roles, r)
		}
	}
	u.External = u.External || said.External
	u.GuestType, u.HomeTenant = cmp.Or(said.GuestType, u.GuestType), cmp.Or(said.HomeTenant, u.HomeTenant)
	in.User = u
	return p, nil
}

func (a *API) supposedApp(ctx context.Context, tenant model.TenantID, key string, in *policy.Input) error {
	if key == "" {
		return nil
	}
	app, known := catalog.AppByKey(key)
	if !known {
		all, err := a.Catalog.Instances(ctx, tenant)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(i catalog.Instance) bool { return i.ID == model.InstanceID(key) })
		if at < 0 {
			return &fault.Error{Kind: fault.Invalid, Op: "api.whatIf", Key: key, Msg: "is neither an app nor an instance", Help: "list them with GET /catalog and GET /apps"}
		}
		in.App = all[at].Ref()
		app, _ = catalog.AppByKey(all[at].App)
	} else {
		in.App = model.AppRef{ID: app.ID, Key: app.Key, Name: app.Name}
	}
	in.Suite = app.Suite
	return nil
}

func supposedAuth(b *whatIfBody, in *policy.Input) error {
	ago := func(s string) (time.Time, error) {
		if s == "" {
			return in.Now, nil
		}
		d, ok := policy.ParseDuration(s)
		if !ok {
			return time.Time{}, &fault.Error{Kind: fault.Invalid, Op: "api.whatIf", Key: s, Msg: "is not a duration", Help: "write it such as 7d, 24h or 90m"}
		}
		return in.Now.Add(-d), nil
	}
	var err error
	in.Auth = &model.Authentication{UserRisk: b.UserRisk, SignInRisk: b.SignInRisk}
	if in.Auth.Time, err = ago(b.SignedIn); err != nil {
		return err
	}
	for _, d := range b.Done {
		s := model.Satisfaction{Kind: d.Kind, Value: d.Value, By: "whatif"}
		if s.At, err = ago(d.Ago); err != nil {
			return err
		}
		in.Auth.Steps = append(in.Auth.Steps, s)
	}
	return nil
}

func supposedDevice(b *whatIfDevice, in *policy.Input) error {
	switch b.Answer {
	case "unknown":
		in.DeviceState = filter.Unknown
		return nil
	case "none":
		in.DeviceState = filter.Unobtainable
		return nil
	}
	in.DeviceState = filter.Known
	for _, t := range b.Tags {
		switch t {
		case model.TagValidClientCertificate, model.TagIntuneCompliant, model.TagHybridJoined, model.TagManaged:
			in.Device = append(in.Device, t)
		case model.TagUnmanaged:
		default:
			return &fault.Error{Kind: fault.Invalid, Op: "api.whatIf", Key: string(t), Msg: "is not a device tag", Help: "use compliant, hybridJoined, validClientCertificate or managed; no tag means unmanaged, and a device that gave no answer is answer: none"}
		}
	}
	if len(b.Attributes) == 0 {
		return nil
	}
	in.DeviceFacts = &model.DeviceFacts{}
	for name, values := range b.Attributes {
		if !in.DeviceFacts.Set(name, values...) {
			return &fault.Error{Kind: fault.Invalid, Op: "api.whatIf", Key: name, Msg: "is not an attribute of a device, or can't have these values", Help: "the attributes are those of Entra's filter for devices"}
		}
	}
	return nil
}

func (a *API) supposedPlace(tenant model.TenantID, b *whatIfPlace, in *policy.Input) error {
	in.GeoState = filter.Known
	if b.IP != "" {
		addr, err := netip.ParseAddr(b.IP)
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Op: "api.whatIf", Key: b.IP, Msg: "is not an IP address"}
		}
		in.Network.Address = addr.Unmap().WithZone("")
		if a.Network != nil {
			in.Network, in.GeoState = a.Network(tenant, in.Network.Address)
		} else {
			in.GeoState = filter.Unobtainable // nobody here can look it up
		}
	}
	if b.Country != "" || b.ISP != "" || len(b.Locations)+len(b.Categories) > 0 {
		in.GeoState = filter.Known
	}
	if b.Country != "" {
		in.Network.Country = b.Country
	}
	if b.ISP != "" {
		in.Network.ISP = b.ISP
	}
	in.Network.Locations = append(append([]string{}, in.Network.Locations...), b.Locations...)
	in.Network.Categories = append(append([]string{}, in.Network.Categories...), b.Categories...)
	if b.Unknown {
		in.Network, in.GeoState = model.Network{Address: in.Network.Address}, filter.Unobtainable
	}
	return nil
}
