package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/api/apitest"
)

// here are the commands that ask no server, or one's own things alone.
var here = map[string]string{
	"referee serve": "starts one", "referee demo": "starts one", "referee demo trust": "no server", "referee demo untrust": "no server",
	"referee config check": "no server", "referee config example": "no server", "referee version": "no server", "referee admin recover": "works on the host's own files",
	"referee template list": "no server", "referee template make": "no server", "referee policy validate": "no server",
	"referee dlp scan": "no server", "referee dlp types list": "no server", "referee dlp types show": "no server", "referee dlp test": "no server", "referee dlp edm hash": "no server", "referee dlp fingerprint make": "no server",
	"referee policy import": "no server", "referee label read": "no server", "referee label encrypt": "no server",
	"referee app make": "no server", "referee app profile list": "no server", "referee app profile show": "no server",
	"referee provider presets": "lists what Referee knows", "referee tenant list": "lists what the token reaches", "referee tenant add": "names its tenant in the file",
}

// TestVerbsKeepTenantsApart runs every command that asks a server with the strongest token of one tenant against
// another tenant. A command that is not tried fails the test.
func TestVerbsKeepTenantsApart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	policies := s.write(t, "p.yaml", apitest.BlockPolicy)
	app := s.write(t, "a.yaml", appYAML)
	out := s.dir + "/out"
	args := map[string][]string{
		"policy lint": nil, "policy apply": {policies, "--force"}, "policy list": nil, "policy get": {"x"}, "policy history": {"x"}, "policy replay": {policies},
		"policy whatif": {"--app", "box"}, "policy export": nil,
		"policy status": {"x"}, "policy report": {"x"}, "policy flip": {"x"}, "policy back": {"x"}, "policy confirm": {"x"}, "policy delete": {"x"},
		"exception add": {"--user", "u", "--app", "onedrive", "--policy", "x", "--reason", "r", "--expires", "1d"}, "exception list": nil,
		"exception approve": {"x"}, "exception refuse": {"x"}, "exception end": {"x"},
		"activity search": nil, "activity tail": nil, "activity export": {"-o", out}, "why": {"K7QM-2T9X"},
		"keys list": nil, "keys roll": {"saml"}, "session list": nil, "session revoke": {"--everybody"}, "mfa list": nil, "mfa reset": {"dora"}, "app list": nil, "app get": {"files"}, "app add": {app}, "app remove": {"files"},
		"device ca add": {policies}, "device ca list": nil, "device ca remove": {"0123456789abcdef"}, "device crl add": {policies},
		"app show": {"files"}, "app check": {"app.example.com", "--from-server"}, "app discovered": {"files"}, "app host add": {"files", "files2.example.com"}, "m365 plan": {"--instance", "files"}, "provider list": nil, "provider add": {"entra"}, "provider test": {"entra"}, "provider remove": {"entra"},
		"status": nil, "breakglass plan": nil, "breakglass bypass start": {"--reason", "it is broken"}, "breakglass bypass list": nil, "breakglass bypass end": {"x"},
		"breakglass account add": {"x", "--at", "https://x.example"}, "breakglass account list": nil, "breakglass account tested": {"x"}, "breakglass account remove": {"x"},
		"directory source add": {"okta", "scim"}, "directory source list": nil, "directory source remove": {"okta"}, "directory source sync": {"okta"},
		"directory token create": {"okta"}, "directory token list": {"okta"}, "directory token revoke": {"okta", "t"},
		"directory user list": nil, "directory user show": {"anna"}, "directory group list": nil, "directory group show": {"Sales"},
		"label list": nil, "label show": {"x"}, "label apply": {policies}, "label import": {"--from", s.write(t, "graph.json", graphLabels), "--site-id", "x"}, "label history": nil, "label write": {policies, "--label", "x", "--out", out},
		"dlp types apply": {policies}, "dlp types history": {"x"}, "dlp types remove": {"x"},
		"dlp edm upload": {hashed(t, s)}, "dlp edm list": nil, "dlp edm remove": {"x"}, "dlp evidence": {"x"}, "dlp evidence-setting": {"--keep", "off"},
		"tenant get": {"fabrikam"}, "token add": {"x"}, "token list": nil, "token revoke": {"tok-fabrikam-reader"},
	}
	tried := 0
	walk(New(Functions{}), func(c *cobra.Command) {
		if c.HasSubCommands() && c.CommandPath() != "referee demo" || here[c.CommandPath()] != "" {
			return
		}
		verb := strings.TrimPrefix(c.CommandPath(), "referee ")
		more, ok := args[verb]
		if !ok {
			t.Errorf("%s is not tried", verb)
			return
		}
		tried++
		got := s.run(t, "contoso-admin", append(append(strings.Fields(verb), more...), "--tenant", "fabrikam")...)
		if got.code != 5 || !strings.Contains(got.notes, "there is no such tenant") || got.out != "" {
			t.Errorf("%s: exit %d, %q %q", verb, got.code, got.out, got.notes)
		}
	})
	if tried != len(args) {
		t.Errorf("%d commands tried, %d in the table", tried, len(args))
	}
	if rows := s.Log.Rows("fabrikam"); len(rows) != 0 {
		t.Errorf("the other tenant's log has %+v", rows)
	}
	if got := s.run(t, "contoso-admin", "tenant", "list"); got.code != 0 || strings.Contains(got.out, "fabrikam") {
		t.Errorf("tenant list: %+v", got)
	}
	other := s.write(t, "t.yaml", "id: fabrikam\nname: Mine now\nepoch: 1\n")
	if got := s.run(t, "contoso-admin", "tenant", "add", other); got.code != 5 {
		t.Errorf("tenant add: %+v", got)
	}
}
