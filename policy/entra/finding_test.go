package entra

import (
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/policy"
)

func TestFindings(t *testing.T) {
	t.Parallel()
	mfa := func(users, rest string) string {
		return `{"id":"x","displayName":"MFA","state":"enabled","conditions":{"clientAppTypes":["all"],"applications":{"includeApplications":["All"]` + rest + `},` + users + `},"grantControls":{"operator":"OR","builtInControls":["mfa"]}}`
	}
	browser := func(more, grant string) string {
		return `{"id":"x","displayName":"Browsers","state":"enabled","conditions":{"clientAppTypes":["browser"],"applications":{"includeApplications":["Office365"]},` + bothOut + more + `}` + grant + `}`
	}
	block := `,"grantControls":{"operator":"OR","builtInControls":["block"]}`
	device := func(mode, rule string) string {
		return browser(`,"devices":{"deviceFilter":{"mode":"`+mode+`","rule":"`+rule+`"}}`, block)
	}
	ours := `
kind: ConditionalAccess
id: ours
name: Ours
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [sharepoint]}
  clientAppTypes: [browser]
`
	for name, c := range map[string]struct {
		change func(map[string]string)
		opt    func() Options
		docs   string
		want   []string
	}{
		"sound":          {nil, named, "", nil},
		"break-glass in": {func(f map[string]string) { more(f, mfa(`"users":{"includeUsers":["All"]}`, "")) }, named, "", []string{"entra_break_glass_not_excluded"}},
		"one of them in": {func(f map[string]string) {
			more(f, mfa(`"users":{"includeUsers":["All"],"excludeUsers":["`+glass1+`"]}`, ""))
		}, named, "", []string{"entra_break_glass_not_excluded"}},
		"by group": {func(f map[string]string) { more(f, mfa(`"users":{"includeUsers":["All"],"excludeGroups":["g"]}`, "")) }, named, "", []string{"entra_break_glass_not_excluded"}},
		"report-only may": {func(f map[string]string) {
			more(f, strings.Replace(mfa(`"users":{"includeUsers":["All"]}`, ""), `"enabled"`, `"enabledForReportingButNotEnforced"`, 1))
		}, named, "", nil},
		"some people":      {func(f map[string]string) { more(f, mfa(`"users":{"includeUsers":[],"includeGroups":["g"]}`, "")) }, named, "", nil},
		"an app left out":  {func(f map[string]string) { more(f, mfa(bothOut, `,"excludeApplications":["`+appSharePoint+`"]`)) }, named, "", []string{"entra_app_left_out"}},
		"no native policy": {func(f map[string]string) { f["conditionalAccessPolicies.json"] = `{"value":[` + legacy + `]}` }, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"native or second factor": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, `"domainJoinedDevice"`, `"mfa"`, 1) + `]`
		}, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"native, only from abroad": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, bothOut, bothOut+`,"locations":{"includeLocations":["All"],"excludeLocations":["x"]}`, 1) + `]`
		}, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"native or a strength": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, `"operator":"OR"`, `"operator":"OR","authenticationStrength":{"id":"x"}`, 1) + `]`
		}, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"native or terms": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, `["compliantDevice","domainJoinedDevice"]`, `["compliantDevice"],"termsOfUse":["x"]`, 1) + `]`
		}, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"native and terms": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, `"OR","builtInControls":["compliantDevice","domainJoinedDevice"]`, `"AND","builtInControls":["compliantDevice"],"termsOfUse":["x"]`, 1) + `]`
		}, named, "", nil},
		"native but for a group": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, `"users":{`, `"users":{"excludeGroups":["g"],`, 1) + `]`
		}, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"native but for somebody": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, `"excludeUsers":[`, `"excludeUsers":["somebody",`, 1) + `]`
		}, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"native but for guests": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + legacy + `,` + strings.Replace(native, `"users":{`, `"users":{"excludeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"internalGuest"},`, 1) + `]`
		}, named, "", []string{"entra_native_client_open", "entra_native_client_open"}},
		"legacy but for a role": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + native + `,` + strings.Replace(legacy, `"users":{`, `"users":{"excludeRoles":["r"],`, 1) + `]`
		}, named, "", []string{"entra_legacy_open", "entra_legacy_open"}},
		"legacy, of one flow": {func(f map[string]string) {
			f["conditionalAccessPolicies.json"] = `[` + native + `,` + strings.Replace(legacy, bothOut, bothOut+`,"authenticationFlows":{"transferMethods":"deviceCodeFlow"}`, 1) + `]`
		}, named, "", []string{"entra_legacy_open", "entra_legacy_open"}},
		"no legacy policy": {func(f map[string]string) { f["conditionalAccessPolicies.json"] = native }, named, "", []string{"entra_legacy_open", "entra_legacy_open"}},
		"break-glass in the domain": {func(f map[string]string) {
			f["users.json"] = strings.Replace(f["users.json"], "bg2@contoso.onmicrosoft.com", "bg2@contoso.com", 1)
		}, abroad, "", []string{"entra_break_glass_in_domain"}},
		"break-glass synchronised": {func(f map[string]string) {
			f["users.json"] = strings.Replace(f["users.json"], `"onPremisesSyncEnabled":null`, `"onPremisesSyncEnabled":true`, 1)
		}, named, "", []string{"entra_break_glass_in_domain"}},
		"no word on second factors": {func(f map[string]string) {
			f["federation-contoso.com.json"] = `{"value":[{"passiveSignInUri":"https://signin.example.com/contoso/wsfed","promptLoginBehavior":"translateToFreshPasswordAuthentication"}]}`
		}, abroad, "", []string{"entra_federation_mfa"}},
		"another prompt": {func(f map[string]string) {
			f["federation-contoso.com.json"] = `[{"passiveSignInUri":"https://signin.example.com/contoso/wsfed","promptLoginBehavior":"nativeSupport","federatedIdpMfaBehavior":"enforceMfaByFederatedIdp"}]`
		}, abroad, "", []string{"entra_federation_prompt"}},
		"trap, excluded":      {func(f map[string]string) { more(f, device("exclude", `device.isCompliant -ne False`)) }, named, "", []string{"entra_device_filter_trap"}},
		"trap, included":      {func(f map[string]string) { more(f, device("include", `device.isCompliant -eq False`)) }, named, "", []string{"entra_device_filter_trap"}},
		"no trap":             {func(f map[string]string) { more(f, device("exclude", `device.isCompliant -eq True`)) }, named, "", nil},
		"a rule that is none": {func(f map[string]string) { more(f, device("exclude", `device.color -eq 1`)) }, named, "", []string{"entra_device_filter_trap"}},
		"Defender's gateway": {func(f map[string]string) {
			more(f, browser("", `,"sessionControls":{"cloudAppSecurity":{"isEnabled":true,"cloudAppSecurityType":"mcasConfigured"}}`))
		}, abroad, "", []string{"entra_second_proxy"}},
		"Defender's, native": {func(f map[string]string) {
			more(f, browser("", `,"sessionControls":{"cloudAppSecurity":{"isEnabled":true,"cloudAppSecurityType":"mcasConfigured"}}`))
		}, named, "", nil},
		"our addresses blocked": {func(f map[string]string) {
			more(f, browser(`,"locations":{"includeLocations":["All"],"excludeLocations":["office"]}`, block))
		}, abroad, "", []string{"entra_egress_blocked"}},
		"our addresses let in": {func(f map[string]string) {
			more(f, browser(`,"locations":{"includeLocations":["All"],"excludeLocations":["`+place+`"]}`, block))
		}, abroad, "", nil},
		"trusted, but ours are not": {func(f map[string]string) {
			more(f, browser(`,"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}`, block))
		}, abroad, "", []string{"entra_egress_blocked"}},
		"security defaults": {func(f map[string]string) { f["securityDefaults.json"] = `{"isEnabled":true}` }, named, "", []string{"entra_security_defaults"}},
		"no licence":        {func(f map[string]string) { f["subscribedSkus.json"] = `{"value":[]}` }, named, "", []string{"entra_not_licensed", "entra_not_licensed"}},
		"licence suspended": {func(f map[string]string) {
			f["subscribedSkus.json"] = strings.Replace(f["subscribedSkus.json"], `"Enabled"`, `"Suspended"`, 1)
		}, named, "", []string{"entra_not_licensed", "entra_not_licensed"}},
		"SharePoint off": {func(f map[string]string) {
			f["servicePrincipals.json"] = strings.Replace(f["servicePrincipals.json"], "true", "false", 1)
		}, named, "", []string{"entra_app_disabled"}},
		"ours is not there": {nil, named, ours + "grantControls: {builtInControls: [mfa]}", []string{"entra_not_mirrored"}},
		"ours is there":     {func(f map[string]string) { more(f, mfa(bothOut, "")) }, named, ours + "grantControls: {builtInControls: [mfa]}", nil},
		"ours is there as an or": {func(f map[string]string) {
			more(f, strings.Replace(mfa(bothOut, ""), `["mfa"]`, `["mfa","compliantDevice"]`, 1))
		}, named, ours + "grantControls: {operator: AND, builtInControls: [mfa, compliantDevice]}", []string{"entra_not_mirrored"}},
		"ours is there for some": {func(f map[string]string) { more(f, mfa(`"users":{"includeGroups":["g"]}`, "")) }, named, ours + "grantControls: {builtInControls: [mfa]}", []string{"entra_not_mirrored"}},
		"ours is there but for a group": {func(f map[string]string) {
			more(f, mfa(strings.Replace(bothOut, `{"includeUsers"`, `{"excludeGroups":["g"],"includeUsers"`, 1), ""))
		}, named, ours + "grantControls: {builtInControls: [mfa]}", []string{"entra_not_mirrored"}},
		"ours is there from some places": {func(f map[string]string) {
			more(f, mfa(bothOut+`,"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}`, ""))
		}, named, ours + "grantControls: {builtInControls: [mfa]}", []string{"entra_not_mirrored"}},
		"ours is there among others": {func(f map[string]string) {
			more(f, strings.Replace(mfa(bothOut, ""), `["mfa"]`, `["mfa","compliantDevice"]`, 1))
		}, named, ours + "grantControls: {builtInControls: [mfa]}", []string{"entra_not_mirrored"}},
		"ours is there or a strength": {func(f map[string]string) {
			more(f, strings.Replace(mfa(bothOut, ""), `"operator":"OR"`, `"operator":"OR","authenticationStrength":{"id":"x"}`, 1))
		}, named, ours + "grantControls: {builtInControls: [mfa]}", []string{"entra_not_mirrored"}},
		"either of ours, one is there": {func(f map[string]string) { more(f, mfa(bothOut, "")) }, named, ours + "grantControls: {operator: OR, builtInControls: [mfa, compliantDevice]}", nil},
		"ours of all clients, browsers there": {func(f map[string]string) {
			more(f, browser("", `,"grantControls":{"operator":"OR","builtInControls":["mfa"]}`))
		}, named, strings.Replace(ours, "  clientAppTypes: [browser]\n", "", 1) + "grantControls: {builtInControls: [mfa]}", []string{"entra_not_mirrored"}},
		"ours of all clients is there": {func(f map[string]string) { more(f, mfa(bothOut, "")) }, named, strings.Replace(ours, "  clientAppTypes: [browser]\n", "", 1) + "grantControls: {builtInControls: [mfa]}", nil},
		"our gateway":                  {nil, named, ours + "sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", []string{"entra_not_mirrored"}},
		"our gateway, restrictions": {func(f map[string]string) {
			more(f, browser("", `,"sessionControls":{"applicationEnforcedRestrictions":{"isEnabled":true}}`))
		}, named, ours + "sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", nil},
		"ours where it is asked": {nil, abroad, ours + "grantControls: {builtInControls: [mfa]}", nil},
		"always here, never there": {func(f map[string]string) {
			more(f, browser("", `,"sessionControls":{"persistentBrowser":{"isEnabled":true,"mode":"always"}}`))
		}, abroad, "\nkind: ConditionalAccess\nid: ours\nname: Ours\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeApplications: [All]}\nsessionControls: {persistentBrowser: {mode: never}}\n", []string{"entra_persistent_browser"}},
	} {
		files := exports()
		if c.change != nil {
			c.change(files)
		}
		opt := c.opt()
		if c.docs != "" {
			docs, problems := policy.Decode("ours.yaml", []byte(c.docs))
			if len(problems) > 0 {
				t.Errorf("%s: %v", name, problems)
				continue
			}
			opt.Documents = docs
		}
		p, err := Make(read(t, files), opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(codes(p), c.want) {
			t.Errorf("%s: %v, want %v", name, p.Findings, c.want)
		}
		for _, f := range p.Findings {
			if f.Reason == "" || f.Fix == "" || strings.Contains(f.String(), "%!") {
				t.Errorf("%s: %s", name, f)
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range Checks() {
		if seen[c.Code] || c.Doc == "" || !strings.HasPrefix(c.Code, "entra_") {
			t.Errorf("%q", c.Code)
		}
		seen[c.Code] = true
	}
}
