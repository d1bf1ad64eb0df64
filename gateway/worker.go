package gateway

import (
	"net/http"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// A service worker answers a page's requests from what it kept, past the gateway: what it took while that was allowed it
// gives out while it no longer is. Where a policy lets no script read files (level strict), and where nobody is signed in,
// the browser gets a worker in its place that empties its stores and unregisters itself. Browsers ask for a worker's
// script again after every navigation in its scope, past their cache (Service Workers, sections "Soft Update" and
// "Update"); an error would leave the old worker in place.

// lastWorker is that worker. It takes only pages along that the old one controlled: a page that registers it anew on every
// load is not loaded again on every load.
const lastWorker = `// Referee: an organisation's policy lets no worker keep files of this app on this device.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) await caches.delete(name);
  const pages = await self.clients.matchAll({ type: "window" });
  await self.registration.unregister();
  for (const page of pages) page.navigate(page.url).catch(() => {});
})()));
`

// wantsWorker reports whether a browser asks for a service worker's script. The field is set by browsers alone (Service
// Workers, section "Update"), the destination by those with Fetch Metadata.
func (h *hop) wantsWorker() bool {
	return first(h.r.Header, "Service-Worker") == "script" || h.req.Dest == "serviceworker"
}

// endWorker answers with the last worker.
func (h *hop) endWorker() {
	h.addFresh()
	hd := h.w.Header()
	hd.Set("Content-Type", "text/javascript; charset=utf-8")
	hd.Set("Cache-Control", "no-store")
	hd.Set("X-Content-Type-Options", "nosniff")
	hd.Set("Service-Worker-Allowed", "/") // a script outside the scope that the old one had would be refused
	h.bytes(http.StatusOK, []byte(lastWorker))
}

// keepsNothing reports whether policy lets no script read a file of which nothing is known. What nobody can find out any
// more at this point counts as it does for a file.
func (h *hop) keepsNothing() bool {
	rules := h.g.parts.Rules(h.t.Tenant)
	if rules == nil || h.sess == nil {
		return true // fail closed: without rules files don't pass either, or the tenant let them and has no worker meanwhile
	}
	h.action(model.ActivityDownload, &nothingKnown)
	in := &h.in
	for _, state := range []*filter.State{&in.NameState, &in.SizeState, &in.TypeState, &in.LabelState, &in.ContentState, &in.MalwareState} {
		*state = unobtainable
	}
	rules.Decide(in, &h.v)
	for range rounds {
		if !h.v.Open() {
			break
		}
		for _, n := range h.v.Needs {
			switch n.Kind {
			case model.NeedDeviceProof:
				in.Device, in.DeviceState = nil, unobtainable
			case model.NeedNetwork:
				in.GeoState = unobtainable
			}
		}
		rules.Decide(in, &h.v)
	}
	stops := h.v.Gate != policy.GateAllow
	h.filled = false // device and place are found out anew for the request itself
	return stops
}
