package demo

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// Facts is what a script needs to use the demo; `referee demo --json` prints it in one line.
type Facts struct {
	Link        string            `json:"link"`   // where a person begins: the app's own address
	Mapped      string            `json:"mapped"` // the same app through the gateway
	SignIn      string            `json:"signin"`
	API         string            `json:"api"`
	Provider    string            `json:"provider"`
	Tenant      string            `json:"tenant"`
	Accounts    map[string]string `json:"accounts"` // username to password
	CA          string            `json:"ca"`       // PEM file to trust
	Certificate string            `json:"certificate"`
	CertSecret  string            `json:"certificatePassword"`
	TokenFile   string            `json:"tokenFile"` // administrator's API token
	Data        string            `json:"data"`
	Real        string            `json:"real,omitempty"` // the real app's own address, with --real
	Hosts       map[string]string `json:"hosts"`          // the app's real hosts by role
	MappedHosts map[string]string `json:"mappedHosts"`    // and their mapped ones
}

func (s *stage) facts() Facts {
	f := Facts{
		Link: "https://" + s.hosts.App + "/", SignIn: "https://" + s.at("referee", signinHost), API: "https://" + s.at("referee", apiHost),
		Provider: "https://" + s.at("provider", loginHost), Tenant: string(Tenant), Accounts: s.secrets.Passwords, CA: s.ca.RootFile(),
		Certificate: s.certificateFile(), CertSecret: s.secrets.Certificate, TokenFile: s.node.AdminTokenFile(), Data: s.opt.Data,
		Hosts: map[string]string{"app": s.hosts.App, "api": s.hosts.API, "static": s.hosts.Static, "cdn": s.hosts.CDN}, MappedHosts: map[string]string{},
	}
	for role, host := range f.Hosts {
		if m, ok := s.node.Catalog.Book().Mapped(Tenant, host); ok {
			f.MappedHosts[role] = m
		}
	}
	if s.notebook != nil {
		f.Real = "https://" + s.real + "/"
		f.Hosts["real"] = s.real
		f.MappedHosts["real"], _ = s.node.Catalog.Book().Mapped(Tenant, s.real)
	}
	f.Mapped = "https://" + f.MappedHosts["app"] + "/"
	return f
}

// tell prints the story, or its facts.
func (s *stage) tell() error {
	f := s.facts()
	if s.opt.JSON {
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(s.opt.Out, string(line))
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `
Referee is running. Open this link in any browser of this machine:

    %s

It is a files app that accepts sign-in from Referee alone. Sign in as one of these:

    director     %s   reads the board papers
    employee     %s
    contractor   %s   sees what is shared with them

This browser has no proof that its device is managed, so the session goes through the gateway
(%s). The policy "OneDrive - Block download from unmanaged" %s.

First, once: let your browsers trust the demo's certificates (removed again by "demo untrust"):

    referee demo trust --data %s

As the administrator (another terminal):

    referee activity tail --data %[7]s
    referee policy report onedrive-block-download-unmanaged --data %[7]s
    referee policy flip onedrive-block-download-unmanaged --data %[7]s
    referee policy back onedrive-block-download-unmanaged --data %[7]s

A managed device is one that holds this client certificate; import it in a second browser profile:

    %s   (password %s)

Stop with Ctrl-C. Everything is kept in %[7]s; delete that folder to begin anew.
`, f.Link, f.Accounts["director"], f.Accounts["employee"], f.Accounts["contractor"], f.MappedHosts["app"], s.phase(), filepath.Clean(s.opt.Data), f.Certificate, f.CertSecret)
	if f.Real != "" {
		fmt.Fprintf(&b, "\nThe real app, Jupyter, is under the same policy:\n\n    %s\n\n", f.Real)
	}
	_, err := fmt.Fprint(s.opt.Out, b.String())
	return err
}

// phase says in words what the session policy does now.
func (s *stage) phase() string {
	book, ok := s.node.Rules.Book(Tenant)
	if !ok {
		return "could not be loaded, so nobody gets in"
	}
	if p := book.Policy("onedrive-block-download-unmanaged"); p != nil && p.Monitor {
		return "monitors: downloads\npass and are recorded"
	}
	return "blocks downloads"
}
