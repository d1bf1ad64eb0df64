package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Mode is what was decided for one kind of action in a document.
type Mode string

// The modes of a control. The zero value is Allow.
const (
	Allow    Mode = "allow"    // happens, nothing is reported
	Audit    Mode = "audit"    // happens and is reported
	Block    Mode = "block"    // doesn't happen, is reported, and the person is told
	Override Mode = "override" // as Block, and the person may go on: the answer to the report says where (Way)
)

// Control names a kind of action that only the page can see.
type Control string

// The controls. Each is the JSON name of a field of [Controls] and a key of Config.Messages.
const (
	Copy         Control = "copy"
	Cut          Control = "cut"
	Paste        Control = "paste"
	Print        Control = "print"
	DragOut      Control = "dragOut"      // dragging text, pictures and files out of the window
	SavePicker   Control = "savePicker"   // showSaveFilePicker, writable handles outside the private file system
	BlobDownload Control = "blobDownload" // saving blob: and data: addresses, share with files
	Upload       Control = "upload"       // file inputs, drops and pastes of files, showOpenFilePicker
)

// AllControls lists every control, in the order of the documentation.
func AllControls() []Control {
	return []Control{Copy, Cut, Paste, Print, DragOut, SavePicker, BlobDownload, Upload}
}

// Controls holds a mode for each control; a missing one is Allow.
type Controls map[Control]Mode

// Message is what a person reads when a control stops them: plain text, shown as it is (line ends
// kept). Empty fields take the built-in words.
type Message struct {
	Title    string `json:"title,omitempty"`
	Text     string `json:"text,omitempty"`
	LinkText string `json:"linkText,omitempty"` // default Texts["requestAccess"]
	LinkURL  string `json:"linkUrl,omitempty"`  // https only: where to ask, or to read more
}

// Brand is how a tenant shows in notices. The shield beside it stays Referee's.
type Brand struct {
	Name string `json:"name,omitempty"` // fills {brand} of Texts["shownBy"]
	Logo string `json:"logo,omitempty"` // path on the mapped host, below Prefix
}

// Config is what the script needs to know in one app session; the same for all its documents on
// one host until a policy, an exception or a grant changes.
type Config struct {
	// Origin of the mapped host that the documents are on, "https://files-example.acme.gate.example:8443".
	// The script, its reports and questions are addressed by it, for a <base> element and srcdoc
	// documents give paths another meaning. Required.
	Origin string `json:"origin"`
	// Hosts maps real host to mapped host, for this app session's hosts only. Both carry a port
	// unless it is 443: {"files.example": "files-example.acme.gate.example:8443"}.
	Hosts    map[string]string   `json:"hosts"`
	Suffix   string              `json:"suffix,omitempty"` // "<tenant>.<suffix>", for scripts in workers
	Controls Controls            `json:"controls"`
	Messages map[Control]Message `json:"messages,omitempty"`
	Texts    map[string]string   `json:"texts"` // nil: [DefaultTexts]
	Brand    Brand               `json:"brand,omitzero"`
	Lang     string              `json:"lang,omitempty"` // BCP 47, default "en"
	Dir      string              `json:"dir,omitempty"`  // "ltr" or "rtl"
	// ReportPath takes the script's reports by POST ([ParseReport], [Answer]).
	ReportPath string `json:"report"`
	// RefreshPath answers GET with {"controls": {…}, "again": seconds}. Empty: controls hold until the next document.
	RefreshPath string `json:"refresh,omitempty"`
	// Again is after how many seconds to ask there, since something is open only for a while. 0: not by itself.
	Again int `json:"again,omitempty"`
	// Warm lists origins of sibling hosts that a top-level page visits at once, so that frames of theirs find a session.
	Warm []string `json:"warm,omitempty"`
	// Broker is the origin of confirmation and request pages; links to elsewhere are not shown.
	Broker string `json:"broker"`
}

// Validate reports everything that is wrong with a configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for realHost, mapped := range c.Hosts {
		if !isHost(realHost) || !isHost(mapped) {
			bad("hosts: %q to %q: want lower-case hosts with an optional port", realHost, mapped)
		}
	}
	known := map[Control]bool{}
	for _, control := range AllControls() {
		known[control] = true
	}
	for control, mode := range c.Controls {
		if !known[control] {
			bad("controls: unknown control %q", control)
		}
		switch mode {
		case Allow, Audit, Block, Override:
		default:
			bad("controls: %s: unknown mode %q", control, mode)
		}
	}
	for control := range c.Messages {
		if !known[control] {
			bad("messages: unknown control %q", control)
		}
	}
	if !strings.HasPrefix(c.ReportPath, Prefix) {
		bad("report path %q is not below %s", c.ReportPath, Prefix)
	}
	if c.RefreshPath != "" && !strings.HasPrefix(c.RefreshPath, Prefix) {
		bad("refresh path %q is not below %s", c.RefreshPath, Prefix)
	}
	if c.Brand.Logo != "" && !strings.HasPrefix(c.Brand.Logo, Prefix) {
		bad("logo path %q is not below %s", c.Brand.Logo, Prefix)
	}
	if !isOrigin(c.Origin) {
		bad("origin %q is not an https origin", c.Origin)
	}
	if !isOrigin(c.Broker) {
		bad("broker %q is not an https origin", c.Broker)
	}
	return errors.Join(errs...)
}

// isHost checks the shape that URL.host has in a browser.
func isHost(h string) bool {
	return h != "" && h == strings.ToLower(h) && !strings.ContainsAny(h, "/@?#\\ ") && !strings.HasSuffix(h, ":443")
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && s == "https://"+u.Host
}

// JSON returns the configuration as the script reads it, texts filled in.
func (c Config) JSON() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("script configuration: %w", err)
	}
	if c.Texts == nil {
		c.Texts = DefaultTexts(c.Brand.Name)
	}
	if c.Hosts == nil {
		c.Hosts = map[string]string{}
	}
	if c.Controls == nil {
		c.Controls = Controls{}
	}
	return json.Marshal(c)
}
