package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/rewrite"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/internal/webpage"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
)

// tags keeps the client script's rendered configurations: they are the same for all documents of an app session on a
// host until something is decided differently.
type tags struct {
	mu   sync.Mutex
	made map[string]shim.Tag
}

const tagsMost = 1024

func (t *tags) get(key string, build func() (shim.Tag, error)) (shim.Tag, error) {
	t.mu.Lock()
	tag, ok := t.made[key]
	t.mu.Unlock()
	if ok {
		return tag, nil
	}
	tag, err := build()
	if err != nil {
		return shim.Tag{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made == nil || len(t.made) >= tagsMost {
		t.made = map[string]shim.Tag{}
	}
	t.made[key] = tag
	return tag, nil
}

// tag is the client script's element for a document of this session.
func (h *hop) tag(nonce string) []byte {
	modes, messages := h.modes()
	var key strings.Builder
	key.WriteString(h.entry.App.ID + "\x00" + h.t.Mapped)
	for _, c := range shim.AllControls() {
		key.WriteString("\x00" + string(modes[c]) + "\x00" + messages[c].Text)
	}
	key.WriteString("\x00" + strconv.Itoa(h.askAgain()))
	h.hosts.label()
	key.WriteString("\x00" + base64.RawURLEncoding.EncodeToString([]byte{byte(h.hosts.Epoch()), byte(h.hosts.Epoch() >> 8), byte(h.hosts.Epoch() >> 16), byte(h.hosts.Epoch() >> 24), byte(h.hosts.Epoch() >> 32)}))
	tag, err := h.g.tags.get(key.String(), func() (shim.Tag, error) { return shim.NewTag(h.scriptConfig(modes, messages)) })
	if err != nil {
		h.g.log.Error("client script not configured", "tenant", h.t.Tenant, "err", err)
		return nil // fail open: what the script does is deterrence; bytes are decided about without it
	}
	return tag.Append(nil, session.NewID(), nonce)
}

func (h *hop) scriptConfig(modes shim.Controls, messages map[shim.Control]shim.Message) shim.Config {
	hosts := map[string]string{}
	var warm []string
	for i := range h.t.Instance.Hosts {
		real := h.t.Instance.Hosts[i].Name
		mapped, ok := h.hosts.Mapped(real)
		if !ok {
			continue
		}
		hosts[real] = mapped
		if role := h.t.Instance.Hosts[i].Role; mapped != h.t.Mapped && (role == catalog.RoleApp || role == catalog.RoleFiles) {
			warm = append(warm, "https://"+mapped) // hosts whose answers a page may frame
		}
	}
	b := h.brand()
	return shim.Config{
		Origin: origin(h.t), Hosts: hosts, Suffix: string(h.t.Tenant) + "." + hostOf(h.g.cfg.Suffix), Controls: modes, Messages: messages,
		Brand: shim.Brand{Name: b.Name, Logo: b.Logo}, ReportPath: ownPath("report"), RefreshPath: ownPath("controls"), Again: h.askAgain(), Warm: warm, Broker: h.g.cfg.Broker,
	}
}

// acts says which activity a control of the script is about.
var acts = map[shim.Control]model.ActivityType{
	shim.Copy: model.ActivityCopy, shim.Cut: model.ActivityCut, shim.Paste: model.ActivityPaste, shim.Print: model.ActivityPrint,
	shim.DragOut: model.ActivityDrag, shim.SavePicker: model.ActivitySave, shim.BlobDownload: model.ActivitySave, shim.Upload: model.ActivityUpload,
}

// modes decides what the script stops in this session. It decides without a file's facts: where a policy's answer hangs on
// them, bytes are what it is enforced on, and the script only reports.
func (h *hop) modes() (shim.Controls, map[shim.Control]shim.Message) {
	rules := h.g.parts.Rules(h.t.Tenant)
	modes, messages := shim.Controls{}, map[shim.Control]shim.Message{}
	h.onPage, h.stops = true, rules == nil
	defer func() { h.onPage = false }()
	for _, c := range shim.AllControls() {
		modes[c] = shim.Audit
		if rules == nil {
			continue
		}
		kind := acts[c]
		var f *model.File
		if kind == model.ActivitySave || kind == model.ActivityUpload {
			f = &model.File{Size: -1}
		}
		h.action(kind, f)
		h.in.Saved = kind == model.ActivitySave
		rules.Decide(&h.in, &h.v)
		open := h.v.Open()
		for _, n := range h.v.Needs {
			if n.Kind == model.NeedDeviceProof { // nobody will ask in the middle of a page
				h.in.Device, h.in.DeviceState = nil, unobtainable
			}
		}
		if open {
			rules.Decide(&h.in, &h.v)
			h.device()
		}
		if h.v.Gate != policy.GateAllow && h.v.Gate != policy.GateBlock && h.granted() {
			rules.Decide(&h.in, &h.v)
		}
		if h.v.Gate == policy.GateAllow || h.v.Open() || h.v.Gate == policy.GateStepUp && c == shim.Upload {
			continue // bytes that go up are decided about, and kept, when they come
		}
		modes[c], h.stops = shim.Block, true
		if h.v.Gate == policy.GateBlockWithOverride {
			modes[c] = shim.Override
		}
		messages[c] = h.scriptMessage(kind)
	}
	return modes, messages
}

// askAgain is after how many seconds the script asks anew, since a grant ends; 0 for none.
func (h *hop) askAgain() int {
	if h.until.IsZero() {
		return 0
	}
	return max(1, int(h.until.Sub(h.now)/time.Second)+1)
}

func (h *hop) scriptMessage(kind model.ActivityType) shim.Message {
	heading, text := title(kind), words(kind)
	if h.v.Gate == policy.GateStepUp {
		heading, text = titleStepUp, wordsOnPage
	}
	values := map[string]string{"user": h.in.User.Name, "app": h.t.Instance.Name, "contact": h.tenant.Brand.Contact, policy.PlaceholderFound: page.FoundNothing}
	if p := h.v.Blocker; p != nil {
		values["policy"] = p.Name
		if p.Contact != "" {
			values["contact"] = p.Contact
		}
		if p.Message != "" {
			text = p.Message
		}
	}
	return shim.Message{Title: heading, Text: webpage.PlainText(text, values)}
}

// controls answers the script's question what holds now.
func (h *hop) controls() {
	if h.r.Method != http.MethodGet {
		h.method("GET")
		return
	}
	modes, _ := h.modes()
	body, err := json.Marshal(map[string]any{"controls": modes, "again": h.askAgain()})
	if err != nil {
		body = []byte("{}")
	}
	hd := h.w.Header()
	hd.Set("Content-Type", "application/json")
	hd.Set("Cache-Control", "no-store")
	h.bytes(http.StatusOK, body)
}

// policies edits content security policies. A page has several; the script's nonce must be one that all of them allow.
type policies struct {
	nonce   string           // for the script's element
	digests *rewrite.Digests // by which the policies know the page's own scripts
}

// policies maps the hosts in an answer's policies and finds the nonce for the script. A page's enforced policy decides
// which nonce it is.
func (h *hop) policies(hd http.Header, html bool) policies {
	made := ""
	if html {
		var b [18]byte
		rand.Read(b[:])
		made = base64.StdEncoding.EncodeToString(b[:])
	}
	p := policies{}
	if html {
		p.digests = rewrite.DigestsOf(hd["Content-Security-Policy"])
	}
	enforced, reported := hd["Content-Security-Policy"], hd["Content-Security-Policy-Report-Only"]
	if len(enforced) > 0 {
		enforced, p.nonce = rewrite.CSP(enforced, &h.hosts, made)
		hd["Content-Security-Policy"] = enforced
	}
	if len(reported) > 0 {
		if p.nonce != "" {
			made = p.nonce
		}
		hd["Content-Security-Policy-Report-Only"], _ = rewrite.CSP(reported, &h.hosts, made)
	}
	if p.nonce == "" {
		p.nonce = made // a policy in the page itself may ask for one
	}
	return p
}
