package graph

// The shape of Microsoft Graph's conditionalAccessPolicy, v1.0, as far as documents can say it.

type wire struct {
	ID          string         `json:"id,omitempty"`
	DisplayName string         `json:"displayName"`
	State       string         `json:"state"`
	Conditions  wireConditions `json:"conditions"`
	Grant       *wireGrant     `json:"grantControls"`
	Session     *wireSession   `json:"sessionControls"`
}

type wireConditions struct {
	ClientAppTypes []string       `json:"clientAppTypes"`
	UserRisk       []string       `json:"userRiskLevels"`
	SignInRisk     []string       `json:"signInRiskLevels"`
	Applications   wireApps       `json:"applications"`
	Users          wireUsers      `json:"users"`
	Platforms      *wirePlatforms `json:"platforms"`
	Locations      *wireLocations `json:"locations"`
	Devices        *wireDevices   `json:"devices"`
	Flows          *wireFlows     `json:"authenticationFlows,omitempty"`
}

type wireApps struct {
	Include  []string `json:"includeApplications"`
	Exclude  []string `json:"excludeApplications"`
	Actions  []string `json:"includeUserActions"`
	Contexts []string `json:"includeAuthenticationContextClassReferences"`
}

type wireUsers struct {
	IncludeUsers  []string    `json:"includeUsers"`
	ExcludeUsers  []string    `json:"excludeUsers"`
	IncludeGroups []string    `json:"includeGroups"`
	ExcludeGroups []string    `json:"excludeGroups"`
	IncludeRoles  []string    `json:"includeRoles"`
	ExcludeRoles  []string    `json:"excludeRoles"`
	IncludeGuests *wireGuests `json:"includeGuestsOrExternalUsers"`
	ExcludeGuests *wireGuests `json:"excludeGuestsOrExternalUsers"`
}

type wireGuests struct {
	Types   string `json:"guestOrExternalUserTypes"`
	Tenants struct {
		Type    string   `json:"@odata.type"`
		Kind    string   `json:"membershipKind"`
		Members []string `json:"members,omitempty"`
	} `json:"externalTenants"`
}

type wirePlatforms struct {
	Include []string `json:"includePlatforms"`
	Exclude []string `json:"excludePlatforms"`
}

type wireLocations struct {
	Include []string `json:"includeLocations"`
	Exclude []string `json:"excludeLocations"`
}

type wireDevices struct {
	Filter wireFilter `json:"deviceFilter"`
}

type wireFilter struct {
	Mode string `json:"mode"`
	Rule string `json:"rule"`
}

type wireFlows struct {
	Methods string `json:"transferMethods"`
}

type wireGrant struct {
	Operator string   `json:"operator"`
	Controls []string `json:"builtInControls"`
	Terms    []string `json:"termsOfUse"`
	Strength *wireID  `json:"authenticationStrength,omitempty"`
}

type wireID struct {
	ID string `json:"id"`
}

type wireSession struct {
	CloudAppSecurity *wireCloudApp   `json:"cloudAppSecurity,omitempty"`
	Frequency        *wireFrequency  `json:"signInFrequency,omitempty"`
	Persistent       *wirePersistent `json:"persistentBrowser,omitempty"`
}

type wireCloudApp struct {
	On   bool   `json:"isEnabled"`
	Kind string `json:"cloudAppSecurityType"`
}

type wireFrequency struct {
	On       bool   `json:"isEnabled"`
	Value    int    `json:"value,omitempty"`
	Unit     string `json:"type,omitempty"`
	Kind     string `json:"authenticationType"`
	Interval string `json:"frequencyInterval"`
}

type wirePersistent struct {
	On   bool   `json:"isEnabled"`
	Mode string `json:"mode"`
}
