package policy

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/internal/strict"
)

// contextPattern is Entra's range of authentication contexts.
var contextPattern = regexp.MustCompile(`^c([1-9]|[1-9][0-9])$`)

var guidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// strengths are the ids of the authentication strengths that Entra has built in (Microsoft Graph,
// authenticationStrengthPolicy).
var strengths = map[string]string{
	"00000000-0000-0000-0000-000000000002": StrengthMultifactor,
	"00000000-0000-0000-0000-000000000003": StrengthPasswordless,
	"00000000-0000-0000-0000-000000000004": StrengthPhishingResistant,
}

// refusedControls are grant controls of Entra that Referee can't honour, and why.
var refusedControls = map[string]string{
	"approvedApplication":  "only Entra can tell an approved client app from another, and it is retiring the control",
	"compliantApplication": "an app protection policy is proven to Entra alone",
	"riskRemediation":      "the remediation of risk is run by Entra ID Protection",
}

func decodeGrant(r *strict.Reader, m *strict.Map, c *ConditionalAccess) {
	g := m.Map("grantControls")
	if g == nil {
		return
	}
	refuseOthers(r, g, "grantControls")
	operator := "AND"
	strict.Word(g, "operator", &operator, "AND", "OR")
	c.Grant.Any = operator == "OR"
	decodeControls(r, g, c)
	if a := g.Map("authenticationStrength"); a != nil {
		a.Need("id", "name a strength: multifactor, passwordless, phishingResistant, or the id of one of your own")
		a.Text("id", &c.Grant.Strength)
		if name, ok := strengths[c.Grant.Strength]; ok {
			c.Grant.Strength = name
		}
		known := slices.Contains([]string{StrengthMultifactor, StrengthPasswordless, StrengthPhishingResistant}, c.Grant.Strength)
		if c.Grant.Strength != "" && !known && !guidPattern.MatchString(c.Grant.Strength) {
			r.Wrong(a.At("id"), a.Path("id"), "use multifactor, passwordless, phishingResistant, or the id of one of your own in lower case",
				"%q is no authentication strength", strict.Clip(c.Grant.Strength))
		}
		a.Done()
	}
	g.Texts("termsOfUse", &c.Grant.TermsOfUse)
	asked := len(c.Grant.Controls) + len(c.Grant.TermsOfUse)
	if c.Grant.Strength != "" {
		asked++
	}
	switch {
	case c.Blocks() && asked > 1:
		r.Wrong(g.At("builtInControls"), g.Path("builtInControls"), "keep block alone", "block can't be combined with other controls")
	case slices.Contains(c.Grant.Controls, GrantPasswordChange) && (c.Grant.Any || !slices.Contains(c.Grant.Controls, GrantMFA) && c.Grant.Strength == ""):
		r.Wrong(g.At("builtInControls"), g.Path("builtInControls"), "use operator: AND with mfa or an authentication strength",
			"a password change alone would let in whoever stole the old password")
	case slices.Contains(c.Grant.Controls, GrantMFA) && c.Grant.Strength != "":
		r.Wrong(g.At("authenticationStrength"), g.Path("authenticationStrength"), "remove mfa", "mfa and an authentication strength can't be combined")
	}
	g.Done()
}

func decodeControls(r *strict.Reader, g *strict.Map, c *ConditionalAccess) {
	if n := g.At("builtInControls"); g.Has("builtInControls") {
		for _, item := range append(slices.Clone(n.Content), n) {
			if why := refusedControls[item.Value]; why != "" {
				g.Node("builtInControls")
				r.Wrong(item, g.Path("builtInControls"), "require compliantDevice instead, or leave this policy in Entra", "%q can't be honoured: %s", item.Value, why)
				return
			}
		}
	}
	strict.Words(g, "builtInControls", &c.Grant.Controls,
		GrantBlock, GrantMFA, GrantCompliantDevice, GrantJoinedDevice, GrantPasswordChange)
}

func decodeSessionControls(r *strict.Reader, m *strict.Map, c *ConditionalAccess) {
	s := m.Map("sessionControls")
	if s == nil {
		return
	}
	refuseOthers(r, s, "sessionControls")
	if a := s.Map("cloudAppSecurity"); a != nil {
		on := true
		a.Need("cloudAppSecurityType", "write monitorOnly, blockDownloads or mcasConfigured")
		a.Bool("isEnabled", &on)
		strict.Word(a, "cloudAppSecurityType", &c.Session, controlMonitorOnly, controlBlockDownloads, controlCustom)
		if !on {
			c.Session = ""
		}
		a.Done()
	}
	decodeFrequency(r, s, c)
	if p := s.Map("persistentBrowser"); p != nil {
		on := true
		p.Need("mode", "write always or never")
		p.Bool("isEnabled", &on)
		strict.Word(p, "mode", &c.PersistentBrowser, PersistentAlways, PersistentNever)
		if !on {
			c.PersistentBrowser = ""
		}
		if c.PersistentBrowser != "" && !slices.Equal(c.Applications.Include, []string{All}) {
			r.Wrong(p.At(""), p.Path(""), "write includeApplications: [All], or remove persistentBrowser",
				"a browser session is one for all apps, so the policy has to be about all of them")
		}
		p.Done()
	}
	s.Done()
}

func decodeFrequency(r *strict.Reader, s *strict.Map, c *ConditionalAccess) {
	f := s.Map("signInFrequency")
	if f == nil {
		return
	}
	on, value, unit, interval, kind := true, 0, "", "timeBased", "primaryAndSecondaryAuthentication"
	f.Bool("isEnabled", &on)
	strict.Word(f, "frequencyInterval", &interval, "timeBased", "everyTime")
	strict.Word(f, "authenticationType", &kind, "primaryAndSecondaryAuthentication", "secondaryAuthentication")
	if interval == "everyTime" {
		for _, key := range []string{"value", "type"} {
			onlyFor(r, f, key, "frequencyInterval: timeBased")
		}
		c.Frequency = Frequency{Every: EveryTime, Always: true}
	} else {
		f.Need("value", "write how many hours or days")
		f.Need("type", "write hours or days")
		f.Int("value", &value, 1, 365)
		strict.Word(f, "type", &unit, "hours", "days")
		c.Frequency.Every = time.Duration(value) * time.Hour
		if c.Frequency.Days = unit == "days"; c.Frequency.Days {
			c.Frequency.Every *= 24
		} else if value > 23 && f.Has("value") {
			r.Wrong(f.At("value"), f.Path("value"), "write it in days", "hours go up to 23")
		}
	}
	c.Frequency.Secondary = kind == "secondaryAuthentication"
	if !on {
		c.Frequency = Frequency{}
	}
	f.Done()
}

// refusedParts are parts of Entra's Conditional Access that Referee does not evaluate, and why. Accepting one and
// ignoring it would let people in whom the policy was written to keep out.
var refusedParts = map[string]map[string]string{
	"conditions": {
		"servicePrincipalRiskLevels": "workload identities don't sign in through Referee",
		"clientApplications":         "workload identities don't sign in through Referee",
		"agentIdRiskLevels":          "agent identities don't sign in through Referee",
		"insiderRiskLevels":          "insider risk is told to Entra alone, by Microsoft Purview",
	},
	"conditions.applications": {
		"applicationFilter":  "apps have no custom security attributes here; name the apps",
		"globalSecureAccess": "Global Secure Access is Microsoft's own network",
		"networkAccess":      "Global Secure Access is Microsoft's own network",
	},
	"conditions.devices": {
		"includeDevices":      "device states gave way to the filter for devices; use deviceFilter",
		"excludeDevices":      "device states gave way to the filter for devices; use deviceFilter",
		"includeDeviceStates": "device states gave way to the filter for devices; use deviceFilter",
		"excludeDeviceStates": "device states gave way to the filter for devices; use deviceFilter",
	},
	"grantControls": {
		"customAuthenticationFactors": "custom controls are redirects that Entra makes; use an authentication strength",
	},
	"sessionControls": {
		"applicationEnforcedRestrictions":    "this is Entra's signal to Exchange and SharePoint, which Referee can't give; keep it in a policy in Entra, or use cloudAppSecurity",
		"continuousAccessEvaluation":         "it is between Entra and the apps; Referee ends its own sessions within a second of a revocation",
		"disableResilienceDefaults":          "Entra's resilience defaults are its own; what happens when Referee fails is the tenant's default",
		"secureSignInSession":                "token protection binds Entra's tokens to a device, which only Entra can do",
		"globalSecureAccessFilteringProfile": "Global Secure Access is Microsoft's own network",
	},
}

// refuseOthers reports the keys of Entra that exist and are not evaluated here.
func refuseOthers(r *strict.Reader, m *strict.Map, at string) {
	for _, key := range sortedKeys(refusedParts[at]) {
		if m.Has(key) {
			m.Node(key)
			reason, advice, split := strings.Cut(refusedParts[at][key], "; ")
			if !split {
				advice = "remove it"
			}
			r.Wrong(m.At(key), m.Path(key), advice, "%q can't be honoured: %s", key, reason)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
