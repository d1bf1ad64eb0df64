package signin_test

import (
	"strings"
	"testing"
	"time"
)

// BenchmarkSignIns measures whole sign-ins of people with fresh browsers, one after another and over TLS, everything in
// one process: at the provider alone, which an app trusts directly; through the broker; and through broker, hand-over
// and gateway. The provider signs people in at once and does next to nothing, so that the ratio (how many times as long
// as at the provider alone, in the same run) is the broker's worst.
func BenchmarkSignIns(b *testing.B) {
	r := newRig(b, setting{})
	bare := newApp(r, "bare", otherHost, false)
	bare.issuer = r.idp.issuer
	r.host(otherHost, bare)
	alone := 0.0
	for _, c := range []struct{ name, policies, host, ends string }{
		{"provider alone", "", otherHost, r.direct(otherHost)},
		{"broker", "", appHost, r.direct(appHost)},
		{"broker and gateway", route, appHost, r.mapped("contoso", appHost)},
	} {
		b.Run(c.name, func(b *testing.B) {
			r.policies("contoso", c.policies)
			sign := func() {
				r.clock.Advance(2 * time.Second) // or the throttle would take them for one busy address
				p := r.browser(nil)
				at := p.open(r.direct(c.host) + "/docs/1")
				p.client.CloseIdleConnections()
				if at.status != 200 || !strings.HasPrefix(at.at.String(), c.ends+"/") || !strings.Contains(at.text, "hello director") {
					b.Fatalf("ended at %s with %d:\n%s", at.at, at.status, at.text)
				}
			}
			sign()
			for b.Loop() {
				sign()
			}
			took := b.Elapsed().Seconds() / float64(b.N)
			if c.name == "provider alone" {
				alone = took
			}
			b.ReportMetric(1/took, "sign-ins/s")
			if alone > 0 {
				b.ReportMetric(took/alone, "times-alone")
			}
		})
	}
}
