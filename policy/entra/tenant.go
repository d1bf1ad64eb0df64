package entra

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// Tenant is what Graph says of an Entra tenant, as far as it matters here. A nil list was not read.
type Tenant struct {
	Organization     Organization
	Domains          []Domain
	Federations      map[string]Federation // by domain; one without settings is not in it
	Policies         []Policy
	Locations        []Location
	Principals       []Principal
	SKUs             []SKU
	People           []Person // those who were asked for: break-glass accounts
	SecurityDefaults bool
	Read             []string // files that were read
}

// Organization is Graph's organization.
type Organization struct {
	ID     string `json:"id"`
	Name   string `json:"displayName"`
	Synced *bool  `json:"onPremisesSyncEnabled"`
}

// Domain is Graph's domain.
type Domain struct {
	Name     string `json:"id"`
	Auth     string `json:"authenticationType"` // Managed or Federated
	Verified bool   `json:"isVerified"`
	Default  bool   `json:"isDefault"`
	Initial  bool   `json:"isInitial"`
	Root     bool   `json:"isRoot"`
}

// Federation is Graph's internalDomainFederation.
type Federation struct {
	Issuer   string `json:"issuerUri"`
	Passive  string `json:"passiveSignInUri"`
	Protocol string `json:"preferredAuthenticationProtocol"` // wsFed or saml
	MFA      string `json:"federatedIdpMfaBehavior"`         // "" where nobody chose
	Prompt   string `json:"promptLoginBehavior"`
}

// Policy is a conditionalAccessPolicy, leniently read: parts that are not known here are kept in Graph and cost nothing.
type Policy struct {
	ID    string `json:"id"`
	Name  string `json:"displayName"`
	State string `json:"state"`
	When  struct {
		Clients []string `json:"clientAppTypes"`
		Apps    struct {
			Include []string        `json:"includeApplications"`
			Exclude []string        `json:"excludeApplications"`
			Filter  json.RawMessage `json:"applicationFilter"`
			Actions []string        `json:"includeUserActions"`
			Context []string        `json:"includeAuthenticationContextClassReferences"`
		} `json:"applications"`
		Users struct {
			Include       []string `json:"includeUsers"`
			Exclude       []string `json:"excludeUsers"`
			IncludeGroups []string `json:"includeGroups"`
			ExcludeGroups []string `json:"excludeGroups"`
			IncludeRoles  []string `json:"includeRoles"`
			ExcludeRoles  []string `json:"excludeRoles"`
			ExcludeGuests *struct {
				Types string `json:"guestOrExternalUserTypes"`
			} `json:"excludeGuestsOrExternalUsers"`
		} `json:"users"`
		Platforms *struct{} `json:"platforms"`
		Locations *struct {
			Include []string `json:"includeLocations"`
			Exclude []string `json:"excludeLocations"`
		} `json:"locations"`
		Devices *struct {
			Filter *struct {
				Mode string `json:"mode"`
				Rule string `json:"rule"`
			} `json:"deviceFilter"`
		} `json:"devices"`
		UserRisk    []string `json:"userRiskLevels"`
		SignInRisk  []string `json:"signInRiskLevels"`
		InsiderRisk string   `json:"insiderRiskLevels"`
		Flows       *struct {
			Methods string `json:"transferMethods"`
		} `json:"authenticationFlows"`
	} `json:"conditions"`
	Grant *struct {
		Operator string    `json:"operator"`
		Controls []string  `json:"builtInControls"`
		Strength *struct{} `json:"authenticationStrength"`
		Terms    []string  `json:"termsOfUse"`
		Custom   []string  `json:"customAuthenticationFactors"`
	} `json:"grantControls"`
	Session *struct {
		Restrictions *struct {
			On bool `json:"isEnabled"`
		} `json:"applicationEnforcedRestrictions"`
		CloudApp *struct {
			On   bool   `json:"isEnabled"`
			Kind string `json:"cloudAppSecurityType"`
		} `json:"cloudAppSecurity"`
		Persistent *struct {
			On   bool   `json:"isEnabled"`
			Mode string `json:"mode"`
		} `json:"persistentBrowser"`
	} `json:"sessionControls"`
}

// Location is a namedLocation.
type Location struct {
	ID      string `json:"id"`
	Name    string `json:"displayName"`
	Trusted bool   `json:"isTrusted"`
	Ranges  []struct {
		CIDR string `json:"cidrAddress"`
	} `json:"ipRanges"`
}

// Principal is a servicePrincipal.
type Principal struct {
	AppID   string `json:"appId"`
	Name    string `json:"displayName"`
	Enabled *bool  `json:"accountEnabled"`
}

// SKU is a subscribedSku.
type SKU struct {
	Name   string `json:"skuPartNumber"`
	Status string `json:"capabilityStatus"`
	Plans  []struct {
		Name   string `json:"servicePlanName"`
		Status string `json:"provisioningStatus"`
	} `json:"servicePlans"`
}

// Person is a user.
type Person struct {
	ID      string `json:"id"`
	UPN     string `json:"userPrincipalName"`
	Enabled *bool  `json:"accountEnabled"`
	Synced  *bool  `json:"onPremisesSyncEnabled"`
}

// Source is a part of a tenant: where Graph has it, in which file it is kept, and which application permission it needs.
type Source struct {
	File, Path, Permission string
	List, Optional         bool
}

// Sources lists what is read, beside the federation settings of each domain and the break-glass accounts.
func Sources() []Source {
	return []Source{
		{"organization.json", "/organization?$select=id,displayName,onPremisesSyncEnabled", "Organization.Read.All", true, false},
		{"domains.json", "/domains", "Domain.Read.All", true, false},
		{"conditionalAccessPolicies.json", "/identity/conditionalAccess/policies", "Policy.Read.All", true, false},
		{"namedLocations.json", "/identity/conditionalAccess/namedLocations", "Policy.Read.All", true, false},
		{"securityDefaults.json", "/policies/identitySecurityDefaultsEnforcementPolicy", "Policy.Read.All", false, true},
		{"servicePrincipals.json", "/servicePrincipals?$select=appId,displayName,accountEnabled&$top=999", "Application.Read.All", true, false},
		{"subscribedSkus.json", "/subscribedSkus", "Organization.Read.All", true, false},
	}
}

// Of the sources that depend on what was read or asked.
const (
	FederationPrefix     = "federation-" // and the domain: /domains/{id}/federationConfiguration
	FederationPermission = "Domain.Read.All"
	PeopleFile           = "users.json"
	PeoplePermission     = "User.Read.All"
)

// maxItems bounds one list.
const maxItems = 100_000

// Read reads a tenant from the answers of Graph, by file name. Files of other names are left aside; those of [Sources]
// that are not optional must be there.
func Read(files map[string][]byte) (*Tenant, error) {
	const op = "entra.Read"
	t := &Tenant{Federations: map[string]Federation{}}
	var names, missing []string
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		known, err := t.take(path.Base(name), files[name])
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: name, Msg: "is not what Graph answers there", Help: "save the answer of Graph as it came, or let --from be the folder that --save wrote", Err: err}
		}
		if known {
			t.Read = append(t.Read, path.Base(name))
		}
	}
	for _, s := range Sources() {
		if !s.Optional && !slices.Contains(t.Read, s.File) {
			missing = append(missing, s.File)
		}
	}
	if len(missing) > 0 {
		return nil, &fault.Error{
			Kind: fault.Invalid, Op: op, Key: strings.Join(missing, ", "), Msg: "is missing: without it the plan would rest on a guess",
			Help: "save the answers of Graph under these names, see docs/howto/microsoft-365.md",
		}
	}
	if len(t.Domains) == 0 {
		return nil, fault.New(fault.Invalid, op, "domains.json names no domain")
	}
	return t, nil
}

func (t *Tenant) take(name string, text []byte) (known bool, err error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if domain, ok := strings.CutPrefix(name, FederationPrefix); ok && strings.HasSuffix(domain, ".json") {
		list, err := readList[Federation](text)
		if err == nil && len(list) > 0 {
			t.Federations[strings.ToLower(strings.TrimSuffix(domain, ".json"))] = list[0]
		}
		return true, err
	}
	switch name {
	case "organization.json":
		var list []Organization
		if list, err = readList[Organization](text); err == nil && len(list) != 1 {
			return true, fmt.Errorf("there are %d organizations", len(list))
		}
		if err == nil {
			t.Organization = list[0]
		}
	case "domains.json":
		t.Domains, err = readList[Domain](text)
		for i := range t.Domains {
			t.Domains[i].Name = strings.ToLower(t.Domains[i].Name)
		}
	case "conditionalAccessPolicies.json":
		t.Policies, err = readList[Policy](text)
	case "namedLocations.json":
		t.Locations, err = readList[Location](text)
	case "servicePrincipals.json":
		t.Principals, err = readList[Principal](text)
	case "subscribedSkus.json":
		t.SKUs, err = readList[SKU](text)
	case PeopleFile:
		t.People, err = readList[Person](text)
	case "securityDefaults.json":
		var v struct {
			On bool `json:"isEnabled"`
		}
		err = json.Unmarshal(text, &v)
		t.SecurityDefaults = v.On
	default:
		return false, nil
	}
	return true, err
}

// readList reads a list as Graph answers it, an array, or one object.
func readList[T any](text []byte) ([]T, error) {
	var outer struct {
		Value *[]T   `json:"value"`
		Next  string `json:"@odata.nextLink"`
	}
	out := []T{}
	switch trimmed := bytes.TrimSpace(text); {
	case len(trimmed) > 0 && trimmed[0] == '[':
		if err := json.Unmarshal(trimmed, &out); err != nil {
			return nil, err
		}
	default:
		if err := json.Unmarshal(trimmed, &outer); err != nil {
			return nil, err
		}
		if outer.Next != "" {
			return nil, fmt.Errorf("this is the first page of several: save all of them in one list")
		}
		if outer.Value != nil {
			out = *outer.Value
			break
		}
		var one T
		if err := json.Unmarshal(trimmed, &one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	if len(out) > maxItems {
		return nil, fmt.Errorf("there are more than %d items", maxItems)
	}
	return out, nil
}

// licensed reports whether a service plan is provisioned.
func (t *Tenant) licensed(plans ...string) bool {
	for _, s := range t.SKUs {
		if !strings.EqualFold(s.Status, "Enabled") && !strings.EqualFold(s.Status, "Warning") {
			continue
		}
		for _, p := range s.Plans {
			if strings.EqualFold(p.Status, "Success") && slices.ContainsFunc(plans, func(want string) bool { return strings.EqualFold(want, p.Name) }) {
				return true
			}
		}
	}
	return false
}
