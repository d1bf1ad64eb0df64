package cli

import (
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

// appEntryRow is what an app's administrator enters there.
type appEntryRow struct {
	Protocol, Issuer, Metadata, SSO, Logout, ClientID, Token, UserInfo, Keys, Start string

	Secret       bool
	Domains      []struct{ Domain, Issuer string }
	Certificates []struct {
		PEM, Fingerprint string
		InUse            bool
		Ends             time.Time
	}
}

func (a *app) appShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Print what an app's administrator enters to sign in at Referee", Args: exactly(1, "the id of an instance"), Example: "  referee app show files",
		Long: "Print issuer, client id and endpoints for an OpenID app; metadata address, sign-on and logout addresses and certificate for a SAML app; the settings of the federation for Microsoft 365 with federated domains.",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/apps/"+url.PathEscape(args[0])+"/connection", nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, a.printAppEntries)
		},
	}
}

func (a *app) printAppEntries(r appEntryRow) error {
	if r.Protocol == "oidc" {
		secret := "none: a public client, with PKCE"
		if r.Secret {
			secret = "the one you made for this app; Referee keeps its hash only"
		}
		return a.entries("issuer", r.Issuer, "discovery", r.Metadata, "client id", r.ClientID, "client secret", secret, "authorization", r.SSO, "token", r.Token,
			"userinfo", r.UserInfo, "keys", r.Keys, "end session", r.Logout)
	}
	if r.Protocol == "wsfed" {
		if err := a.entries("passiveSignInUri", r.SSO, "signOutUri", r.Logout, "preferredAuthenticationProtocol", "wsFed"); err != nil {
			return err
		}
		for _, d := range r.Domains {
			if err := a.say("issuerUri of %s: %s", plain(d.Domain), plain(d.Issuer)); err != nil {
				return err
			}
		}
	} else if err := a.entries("metadata", r.Metadata, "entity id (issuer)", r.Issuer, "sign-on (SSO)", r.SSO, "logout (SLO)", r.Logout, "start without request", r.Start); err != nil {
		return err
	}
	for _, k := range r.Certificates {
		state := "not in use: give it to the app as well, where it takes two"
		if k.InUse {
			state = "in use until " + a.when(k.Ends)
		}
		if err := a.say("\ncertificate, %s\nSHA-256 %s\n%s", state, k.Fingerprint, k.PEM); err != nil {
			return err
		}
	}
	return nil
}

// appEntries prints them after an instance was stored, where it signs in at Referee.
func (a *app) appEntries(c *cobra.Command, id string, in map[string]any) error {
	f, _ := in["federation"].(map[string]any)
	if protocol, _ := f["protocol"].(string); protocol == "" {
		return nil
	}
	text, err := a.tell(c, http.MethodGet, "/apps/"+url.PathEscape(id)+"/connection", nil, nil)
	if err != nil {
		a.note("what to enter in the app: referee app show %s", id) // it is stored all the same
		return nil
	}
	if err := a.say("Enter in the app:"); err != nil {
		return err
	}
	return show(a, text, a.printAppEntries)
}
