package gateway

import (
	"net/http"
	"strings"

	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/internal/webpage"
)

const noticePurpose = "gateway.notice"

// noticeDue reports whether the person has yet to be told that the session is monitored. Only a page can tell.
func (h *hop) noticeDue() bool {
	return h.req.TopLevel && h.r.Method == http.MethodGet && h.entry != nil && h.entry.App.Noticed.IsZero() && !h.tenant.Notice.Off
}

// notice shows the notice in place of the page that was asked for.
func (h *hop) notice() {
	token, err := h.g.parts.Vault.Sign(h.t.Tenant, noticePurpose, []byte(h.entry.App.ID+" "+h.r.URL.RequestURI()), h.now.Add(noticeAge))
	if err != nil {
		h.g.log.Error("notice not signed", "tenant", h.t.Tenant, "err", err)
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: nobody is watched unawares
		return
	}
	title, text := h.tenant.Notice.Title, h.tenant.Notice.Text
	if title == "" {
		title = page.NoticeTitle
	}
	if text == "" {
		text = page.NoticeText
	}
	brand := h.brand()
	h.addFresh()
	err = page.WriteNotice(h.w, h.r, brand, page.Notice{
		Title: title, App: h.t.Instance.Name, Action: ownPath("notice"), Token: token,
		Message: webpage.Markdown(text, map[string]string{"app": h.t.Instance.Name, "company": brand.Name, "user": h.sess.User.Name}),
		Help:    h.tenant.Brand.HelpURL,
	})
	if err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
}

// acknowledge takes the button of the notice. The token was on a page that no app's script could read, since no app's
// page runs at a host before its notice is acknowledged.
func (h *hop) acknowledge() {
	if h.r.Method != http.MethodPost {
		h.redirect(origin(h.t) + "/")
		return
	}
	if !h.ownRequest() || !h.req.TopLevel {
		h.problem(http.StatusForbidden, "refused", page.Refused, nil) // fail closed
		return
	}
	h.r.Body = http.MaxBytesReader(h.w, h.r.Body, 16<<10)
	payload, err := h.g.parts.Vault.Verify(h.t.Tenant, noticePurpose, h.r.PostFormValue("token"))
	id, path, ok := strings.Cut(string(payload), " ")
	if err != nil || !ok || id != h.entry.App.ID {
		h.errorPage(http.StatusForbidden, page.Refused, "/") // fail closed
		return
	}
	app, err := h.g.parts.Apps.AppSession(h.ctx, h.t.Tenant, id)
	if err == nil && app.Noticed.IsZero() {
		app.Noticed = h.now
		err = h.g.parts.Apps.PutAppSession(h.ctx, app)
	}
	if err != nil {
		h.g.log.Error("acknowledgement not kept", "tenant", h.t.Tenant, "err", err)
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed
		return
	}
	h.g.parts.Sessions.Forget(h.t.Tenant, h.sess.ID, id)
	h.redirect(origin(h.t) + path)
}
