package api

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/referee-casb/referee/tenant"
)

// Scope says whose things a route is about.
type Scope uint8

// The scopes.
const (
	ScopeAny          Scope = iota // nobody's: any token may ask
	ScopeTenant                    // those of the tenant in the path
	ScopeInstallation              // those of the whole installation
)

// Route is one row of the API's table: where, who, what.
type Route struct {
	ID      string // of the OpenAPI operation
	Method  string
	Path    string
	Role    tenant.Role
	Scope   Scope
	Status  int // of success
	Tag     string
	Summary string
	Doc     string
}

// scope returns what [guard.admit] takes for routes without a tenant in their path.
func (rt Route) scope() string {
	if rt.Scope == ScopeInstallation {
		return tenant.Everywhere
	}
	return ""
}

var tags = []*huma.Tag{
	{Name: "Tenants"},
	{Name: "Apps", Description: "Instances of apps, with their hosts and routes."},
	{Name: "Break-glass", Description: "What is prepared, and done, when Referee or a provider fails."},
	{Name: "Providers", Description: "Identity providers, where people sign in."},
	{Name: "Policies", Description: "Policy documents, their rollouts and reports."},
	{Name: "Labels", Description: "Sensitivity labels: what they are, and which is higher."},
	{Name: "Exceptions"},
	{Name: "Activities", Description: "The activity log."},
	{Name: "Sessions"},
	{Name: "Devices", Description: "What vouches for devices."},
	{Name: "Directory", Description: "Users and groups that other systems push or that are read from Microsoft Graph."},
	{Name: "Content", Description: "What is looked for in content: information types, bundles, and what was found."},
	{Name: "Tokens"},
	{Name: "Reference", Description: "What documents and filters may say."},
}

const (
	reader, analyst, operator, admin = tenant.RoleReader, tenant.RoleAnalyst, tenant.RoleOperator, tenant.RoleAdmin
	devices                          = tenant.RoleDevices

	root   = "/api/v2"
	within = root + "/tenants/{tenant}"
)

// routes is the table of all routes with the role that each takes. A route is nowhere else given a role.
var routes = []Route{
	{"whoami", http.MethodGet, root + "/whoami", reader, ScopeAny, 200, "Tokens", "Show the token in use", ""},

	{"tenant-list", http.MethodGet, root + "/tenants", reader, ScopeAny, 200, "Tenants", "List tenants", "A token of one tenant sees that one."},
	{"tenant-get", http.MethodGet, within, reader, ScopeTenant, 200, "Tenants", "Show a tenant", ""},
	{"tenant-add", http.MethodPost, root + "/tenants", admin, ScopeInstallation, 201, "Tenants", "Make a tenant", ""},
	{"tenant-put", http.MethodPut, within, admin, ScopeTenant, 200, "Tenants", "Change a tenant", "`epoch` is that of the tenant as it was read. Only a token of the installation names files of the host."},
	{"tenant-delete", http.MethodDelete, within, admin, ScopeTenant, 204, "Tenants", "Delete a tenant with all that is kept for it", "Takes a token of the installation. Its activity log stays until its months are over."},

	{"tenant-status", http.MethodGet, within + "/status", reader, ScopeTenant, 200, "Tenants", "Show how a tenant stands", "Session control that is off, break-glass accounts, recoveries, and what should not stay as it is."},
	{"breakglass-accounts", http.MethodPut, within + "/break-glass/accounts", admin, ScopeTenant, 200, "Break-glass", "Name the break-glass accounts", "Two at least, outside Referee, before an app is routed through it."},
	{"breakglass-plan", http.MethodGet, within + "/break-glass/plan", operator, ScopeTenant, 200, "Break-glass", "Say how to take apps back from Referee", "What to set back at apps, providers and DNS, from the tenant's own settings. Keep it where it can be read when Referee can't."},
	{"bypass-list", http.MethodGet, within + "/break-glass/bypasses", reader, ScopeTenant, 200, "Break-glass", "List emergency bypasses", "The newest first."},
	{"bypass-start", http.MethodPost, within + "/break-glass/bypasses", admin, ScopeTenant, 201, "Break-glass", "Begin an emergency bypass", "Sign-ins to one app, or all, go straight to the app, without session control. Conditional Access still decides who gets in. It ends by itself."},
	{"bypass-end", http.MethodPost, within + "/break-glass/bypasses/{bypass}/end", operator, ScopeTenant, 200, "Break-glass", "End an emergency bypass before its time", ""},

	{"app-list", http.MethodGet, within + "/apps", reader, ScopeTenant, 200, "Apps", "List app instances", ""},
	{"app-get", http.MethodGet, within + "/apps/{app}", reader, ScopeTenant, 200, "Apps", "Show an app instance", ""},
	{"app-put", http.MethodPut, within + "/apps/{app}", operator, ScopeTenant, 200, "Apps", "Make or change an app instance", "Only a token of the installation sets `origins` or `caFile`."},
	{"app-delete", http.MethodDelete, within + "/apps/{app}", operator, ScopeTenant, 204, "Apps", "Remove an app instance", ""},

	{"app-discovered", http.MethodGet, within + "/apps/{app}/discovered", reader, ScopeTenant, 200, "Apps", "List hosts that pages asked past the gateway", "Hosts that browsers asked in sessions of this instance and that no instance of the tenant has, with what could be done about each. Pages say so: names can be made up."},
	{"app-host-add", http.MethodPost, within + "/apps/{app}/hosts", operator, ScopeTenant, 200, "Apps", "Add a host to an app instance", "As app-put with one host more."},
	{"app-check", http.MethodPost, within + "/apps/check", operator, ScopeTenant, 200, "Apps", "Look at an app from outside, before it is added", "Asks the app's public pages without signing in, from where the gateway asks. A tenant's token reaches public addresses only. One check a tenant at a time, 90 seconds at most."},
	{"app-profile-list", http.MethodGet, root + "/app-profiles", reader, ScopeAny, 200, "Apps", "List what is known of apps", "Hosts, routes, limits, and what the knowledge rests on."},
	{"app-connection", http.MethodGet, within + "/apps/{app}/connection", reader, ScopeTenant, 200, "Apps", "Show what an app's administrator enters to sign in at Referee", ""},

	{"provider-preset-list", http.MethodGet, root + "/provider-presets", reader, ScopeAny, 200, "Providers", "List the products with a preset", ""},
	{"provider-list", http.MethodGet, within + "/providers", reader, ScopeTenant, 200, "Providers", "List identity providers, with what their administrators enter", ""},
	{"provider-add", http.MethodPost, within + "/providers", admin, ScopeTenant, 201, "Providers", "Connect an identity provider", "Every mistake is told; nothing is stored then. Only a token of the installation names files of the host."},
	{"provider-test", http.MethodPost, within + "/providers/{provider}/test", admin, ScopeTenant, 200, "Providers", "Test an identity provider", "Fetches an OpenID provider's discovery document and keys; checks a SAML provider's settings, and compares them with metadata. A tenant's token reaches addresses on the internet only. One test a tenant at a time, ten seconds at most."},
	{"provider-remove", http.MethodDelete, within + "/providers/{provider}", admin, ScopeTenant, 204, "Providers", "Remove an identity provider", "Nobody signs in there any more. Sessions that were begun there go on until they end or are revoked."},

	{"key-list", http.MethodGet, within + "/keys", reader, ScopeTenant, 200, "Apps", "List signing keys and the apps with an older one", ""},
	{"key-roll", http.MethodPost, within + "/keys/roll", admin, ScopeTenant, 200, "Apps", "Publish the next signing key", "It takes over after a while, in which apps learn it."},

	{"policy-list", http.MethodGet, within + "/policies", reader, ScopeTenant, 200, "Policies", "List policies", ""},
	{"policy-get", http.MethodGet, within + "/policies/{policy}", reader, ScopeTenant, 200, "Policies", "Show a policy and its document", ""},
	{"policy-history", http.MethodGet, within + "/policies/{policy}/history", reader, ScopeTenant, 200, "Policies", "List a policy's revisions", ""},
	{"policy-validate", http.MethodPost, within + "/policies/validate", reader, ScopeTenant, 200, "Policies", "Check documents by themselves", "Every mistake is listed with its position. Nothing is stored."},
	{"policy-lint", http.MethodPost, within + "/policies/lint", reader, ScopeTenant, 200, "Policies", "Check documents as one story", "The documents sent take the place of the stored ones of the same id; without any, the stored ones are checked."},
	{"policy-apply", http.MethodPost, within + "/policies/apply", operator, ScopeTenant, 200, "Policies", "Apply documents", "All or none. Documents that did not change keep their revision. Lint errors stop it unless `force` is set; `dryRun` says what would be done."},
	{"policy-delete", http.MethodDelete, within + "/policies/{policy}", operator, ScopeTenant, 204, "Policies", "Delete a policy", "Its history stays. A document that this version can't read any more can be deleted too."},
	{"policy-replay", http.MethodPost, within + "/policies/replay", analyst, ScopeTenant, 200, "Policies", "Replay documents over recorded activities", "Says what would have gone another way with the documents sent."},

	{"access-whatif", http.MethodPost, within + "/conditional-access/whatif", reader, ScopeTenant, 200, "Policies", "Say what would come of a sign-in", "Any user, app, device and place: the policies that apply, and the first condition that keeps each of the others away. Nothing is recorded."},
	{"access-import", http.MethodPost, within + "/conditional-access/import", reader, ScopeTenant, 200, "Policies", "Translate policies of Microsoft Graph", "Takes conditionalAccessPolicy objects and answers with documents to read, change and apply. What documents can't say is named with its path. Nothing is stored."},
	{"access-export", http.MethodGet, within + "/conditional-access/export", reader, ScopeTenant, 200, "Policies", "Write the Conditional Access policies for Microsoft Graph", "Policies that would do something else in Entra are left out; every loss is named."},

	{"rollout-get", http.MethodGet, within + "/policies/{policy}/rollout", reader, ScopeTenant, 200, "Policies", "Show where a rollout stands and what it waits for", ""},
	{"policy-report", http.MethodGet, within + "/policies/{policy}/report", analyst, ScopeTenant, 200, "Policies", "Read a policy's report", "Who would have been stopped since the phase began. Reading it is recorded; read with the role operator or more, it counts as delivered and lets the rollout go on."},
	{"policy-flip", http.MethodPost, within + "/policies/{policy}/flip", operator, ScopeTenant, 200, "Policies", "Put a policy into force by hand", ""},
	{"policy-back", http.MethodPost, within + "/policies/{policy}/back", operator, ScopeTenant, 200, "Policies", "Put a policy back to its monitor phase", ""},
	{"policy-confirm", http.MethodPost, within + "/policies/{policy}/confirm", operator, ScopeTenant, 200, "Policies", "Confirm how many people a policy will stop", "Also lets a rollout go on that was put back by hand."},

	{"exception-list", http.MethodGet, within + "/exceptions", reader, ScopeTenant, 200, "Exceptions", "List exceptions", ""},
	{"exception-get", http.MethodGet, within + "/exceptions/{exception}", reader, ScopeTenant, 200, "Exceptions", "Show an exception", ""},
	{"exception-add", http.MethodPost, within + "/exceptions", operator, ScopeTenant, 201, "Exceptions", "Grant an exception", ""},
	{"exception-approve", http.MethodPost, within + "/exceptions/{exception}/approve", operator, ScopeTenant, 200, "Exceptions", "Approve a requested exception", ""},
	{"exception-refuse", http.MethodPost, within + "/exceptions/{exception}/refuse", operator, ScopeTenant, 200, "Exceptions", "Refuse a requested exception", ""},
	{"exception-end", http.MethodPost, within + "/exceptions/{exception}/end", operator, ScopeTenant, 200, "Exceptions", "End an exception before its time", ""},

	{"activity-search", http.MethodGet, within + "/activities", analyst, ScopeTenant, 200, "Activities", "Search activities", "Newest first. An action that needs two records (an intent and its outcome) is one activity."},
	{"activity-get", http.MethodGet, within + "/activities/{activity}", analyst, ScopeTenant, 200, "Activities", "Show an activity", ""},
	{"activity-count", http.MethodGet, within + "/activities/count", analyst, ScopeTenant, 200, "Activities", "Count activities by a field", ""},
	{"activity-export", http.MethodGet, within + "/activities/export", analyst, ScopeTenant, 200, "Activities", "Export activities as a stream", "Oldest first. An export that can't be finished is cut off, never ended as if it were whole. It is recorded as an activity."},
	{"activity-tail", http.MethodGet, within + "/activities/tail", analyst, ScopeTenant, 200, "Activities", "Follow activities as they happen", "Server-sent events: `activity` with an activity, `dropped` with how many were lost because the reader is too slow."},
	{"why", http.MethodGet, within + "/why/{code}", analyst, ScopeTenant, 200, "Activities", "Explain a decision", "By the reference code that a person was shown. The policies are taken as they were at the time; if they have changed, both outcomes are told."},

	{"session-list", http.MethodGet, within + "/sessions", analyst, ScopeTenant, 200, "Sessions", "List sign-in sessions", ""},
	{"session-revoke", http.MethodPost, within + "/sessions/revoke", operator, ScopeTenant, 200, "Sessions", "End sessions", "One session, all of a person's, or all of the tenant's. Live connections are cut within a second."},

	{"device-ca-list", http.MethodGet, within + "/device/authorities", reader, ScopeTenant, 200, "Devices", "List the authorities of client certificates", "With what will stop devices soon, and the revocation lists that were uploaded."},
	{"device-ca-add", http.MethodPost, within + "/device/authorities", admin, ScopeTenant, 201, "Devices", "Trust an authority's client certificates", "All the authorities of the file, or none."},
	{"device-ca-remove", http.MethodDelete, within + "/device/authorities/{fingerprint}", admin, ScopeTenant, 200, "Devices", "Trust an authority no more", "Proofs by its certificates end with their lease."},
	{"device-crl-put", http.MethodPost, within + "/device/revocation-lists", admin, ScopeTenant, 201, "Devices", "Upload a revocation list", "It takes the place of the same issuer's."},

	{"device-list", http.MethodGet, within + "/devices", analyst, ScopeTenant, 200, "Devices", "List what management systems say of devices", "It counts for a device only that proves its id by a certificate or a signed claim."},
	{"device-put", http.MethodPut, within + "/devices/{device}", devices, ScopeTenant, 200, "Devices", "Say what a management system knows of a device", "In the place of what the same token's name said before. At most seven days ahead."},
	{"device-delete", http.MethodDelete, within + "/devices/{device}", devices, ScopeTenant, 204, "Devices", "Take back what was said of a device", ""},

	{"mfa-list", http.MethodGet, within + "/mfa", operator, ScopeTenant, 200, "Sessions", "List people's own second factors", "Passkeys, authenticator apps and recovery codes that Referee keeps; nothing that verifies them."},
	{"mfa-reset", http.MethodPost, within + "/mfa/reset", operator, ScopeTenant, 200, "Sessions", "Remove a person's second factors", "One, or all. The person registers new ones at the next step-up, after a fresh sign-in at the provider."},

	{"directory-source-list", http.MethodGet, within + "/directory/sources", reader, ScopeTenant, 200, "Directory", "List directory sources, with what was last read", ""},
	{"directory-source-add", http.MethodPost, within + "/directory/sources", admin, ScopeTenant, 201, "Directory", "Add a directory source", "scim: a provisioning client pushes. graph: Referee reads Microsoft Graph; takes a token of the installation, since a file of the host is named."},
	{"directory-source-remove", http.MethodDelete, within + "/directory/sources/{source}", admin, ScopeTenant, 204, "Directory", "Remove a directory source with all that it said", "People whom it had disabled may sign in again, as far as their provider lets them."},
	{"directory-source-sync", http.MethodPost, within + "/directory/sources/{source}/sync", operator, ScopeTenant, 200, "Directory", "Read a directory now", "Of the kind graph. It begins within seconds; the source shows how far it has got."},
	{"directory-token-list", http.MethodGet, within + "/directory/sources/{source}/tokens", admin, ScopeTenant, 200, "Directory", "List a source's tokens", ""},
	{"directory-token-create", http.MethodPost, within + "/directory/sources/{source}/tokens", admin, ScopeTenant, 201, "Directory", "Make a token for a provisioning client", "The secret is in this answer only. A source may have several: to rotate, make one, give it to the client, revoke the old one."},
	{"directory-token-revoke", http.MethodDelete, within + "/directory/sources/{source}/tokens/{token}", admin, ScopeTenant, 204, "Directory", "Revoke a source's token", ""},
	{"directory-user-list", http.MethodGet, within + "/directory/users", analyst, ScopeTenant, 200, "Directory", "List users", ""},
	{"directory-user-get", http.MethodGet, within + "/directory/users/{user}", analyst, ScopeTenant, 200, "Directory", "Show a user: what each source says, and what policies see", ""},
	{"directory-group-list", http.MethodGet, within + "/directory/groups", reader, ScopeTenant, 200, "Directory", "List groups and directory roles", ""},
	{"directory-group-get", http.MethodGet, within + "/directory/groups/{group}", analyst, ScopeTenant, 200, "Directory", "Show a group with its members", ""},

	{"dlp-type-list", http.MethodGet, within + "/dlp/types", reader, ScopeTenant, 200, "Content", "List information types, the built-in ones and the tenant's", ""},
	{"dlp-type-get", http.MethodGet, within + "/dlp/types/{type}", reader, ScopeTenant, 200, "Content", "Show an information type or bundle, and the policies that name it", ""},
	{"dlp-type-history", http.MethodGet, within + "/dlp/types/{type}/history", reader, ScopeTenant, 200, "Content", "List the revisions of one of the tenant's types", "Newest first."},
	{"dlp-type-apply", http.MethodPost, within + "/dlp/types", operator, ScopeTenant, 200, "Content", "Apply documents of own types and bundles", "All or none. Every mistake is told with its line; documents that did not change keep their revision."},
	{"dlp-type-delete", http.MethodDelete, within + "/dlp/types/{type}", operator, ScopeTenant, 204, "Content", "Remove one of the tenant's types or bundles", "Not while a policy or a bundle names it. Its history stays."},
	{"dlp-bundle-list", http.MethodGet, within + "/dlp/bundles", reader, ScopeTenant, 200, "Content", "List bundles of information types", ""},
	{"dlp-scan", http.MethodPost, within + "/dlp/scan", analyst, ScopeTenant, 200, "Content", "Look for information types in a file", "At most 32 MiB. Nothing of it is kept. What can't be read to its end is never called clean."},
	{"dlp-table-list", http.MethodGet, within + "/dlp/edm", reader, ScopeTenant, 200, "Content", "List the tables of exact data matches", "One for each document of the kind ExactDataMatch, whether its table was uploaded or not."},
	{"dlp-table-put", http.MethodPut, within + "/dlp/edm/{table}/upload", operator, ScopeTenant, 200, "Content", "Upload a piece of a table", "Of hashes that `referee dlp edm hash` made, at most 8 MiB at once, in their order; `offset` 0 begins anew. An upload that nobody finishes is removed after a day."},
	{"dlp-table-finish", http.MethodPost, within + "/dlp/edm/{table}/upload", operator, ScopeTenant, 200, "Content", "Put an uploaded table into use", "It takes the place of the one before. The key is sealed, and never shown again."},
	{"dlp-table-delete", http.MethodDelete, within + "/dlp/edm/{table}", operator, ScopeTenant, 204, "Content", "Remove a table with its key", "Policies that look for it find its content unscannable from then on."},
	{"dlp-evidence-get", http.MethodGet, within + "/dlp/evidence/{activity}", analyst, ScopeTenant, 200, "Content", "Show what was found in an activity's content, masked", "Every look is recorded as an activity before it is answered."},
	{"dlp-evidence-setting-get", http.MethodGet, within + "/dlp/evidence-setting", reader, ScopeTenant, 200, "Content", "Show how much of what was found is kept", ""},
	{"dlp-evidence-setting-put", http.MethodPut, within + "/dlp/evidence-setting", admin, ScopeTenant, 200, "Content", "Say how much of what is found is kept", "It counts for what is found from then on; what is kept stays until its time."},

	{"label-list", http.MethodGet, within + "/labels", reader, ScopeTenant, 200, "Labels", "List sensitivity labels", "The lowest first."},
	{"label-get", http.MethodGet, within + "/labels/{label}", reader, ScopeTenant, 200, "Labels", "Show a sensitivity label", "By its id, or its name where only one has it."},
	{"label-document", http.MethodGet, within + "/labels/document", reader, ScopeTenant, 200, "Labels", "Show the document of all sensitivity labels", ""},
	{"label-history", http.MethodGet, within + "/labels/history", reader, ScopeTenant, 200, "Labels", "List the revisions of the sensitivity labels", ""},
	{"label-apply", http.MethodPost, within + "/labels", operator, ScopeTenant, 200, "Labels", "Apply the document of all sensitivity labels", "It takes the place of the one before. Labels that policies name can't be left out."},
	{"label-import", http.MethodPost, within + "/labels/import", reader, ScopeTenant, 200, "Labels", "Translate the sensitivity labels of Microsoft Graph", "Takes sensitivityLabel objects and answers with a document to read, change and apply. Marks, which Graph doesn't tell, are kept from the stored labels. Nothing is stored."},

	{"token-list", http.MethodGet, within + "/tokens", admin, ScopeTenant, 200, "Tokens", "List a tenant's tokens", ""},
	{"token-add", http.MethodPost, within + "/tokens", admin, ScopeTenant, 201, "Tokens", "Make a token for a tenant", "The secret is in this answer only."},
	{"token-revoke", http.MethodDelete, within + "/tokens/{token}", admin, ScopeTenant, 204, "Tokens", "Revoke a token", ""},
	{"installation-token-list", http.MethodGet, root + "/tokens", admin, ScopeInstallation, 200, "Tokens", "List the installation's tokens", ""},
	{"installation-token-add", http.MethodPost, root + "/tokens", admin, ScopeInstallation, 201, "Tokens", "Make a token for the installation", "It reaches every tenant. The secret is in this answer only."},
	{"installation-token-revoke", http.MethodDelete, root + "/tokens/{token}", admin, ScopeInstallation, 204, "Tokens", "Revoke a token of the installation", ""},

	{"field-list", http.MethodGet, root + "/fields", reader, ScopeAny, 200, "Reference", "List filter fields and operators", ""},
	{"catalog-list", http.MethodGet, root + "/catalog", reader, ScopeAny, 200, "Reference", "List the apps that Referee knows", ""},
	{"template-list", http.MethodGet, root + "/templates", reader, ScopeAny, 200, "Reference", "List policy templates", ""},
	{"template-make", http.MethodPost, root + "/templates/{template}", reader, ScopeAny, 200, "Reference", "Make documents from a template", "Nothing is stored."},
	{"version", http.MethodGet, root + "/version", reader, ScopeAny, 200, "Reference", "Show Referee's version", ""},
}

// Routes returns the table.
func Routes() []Route { return slices.Clone(routes) }

func routeByID(id string) (Route, bool) {
	i := slices.IndexFunc(routes, func(rt Route) bool { return rt.ID == id })
	if i < 0 {
		return Route{}, false
	}
	return routes[i], true
}
