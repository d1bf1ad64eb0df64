package node

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the process's Prometheus metrics. Names follow the convention referee_<part>_<what>_<unit>.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// newMetrics registers what the parts count.
func newMetrics(n *Node) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "referee_http_requests_total", Help: "Requests by serving part and status class."}, []string{"part", "class"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "referee_http_request_seconds", Help: "Time until a request was answered, by serving part.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"part"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.seconds)
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	usage := func(read func(bytes, limit uint64) float64) func() float64 {
		return func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			u, err := n.Bus.Usage(ctx)
			if err != nil {
				return -1
			}
			return read(u.Bytes, u.Limit)
		}
	}
	gauge("referee_bus_bytes", "Bytes held by the message bus; -1 when it does not answer.", usage(func(b, _ uint64) float64 { return float64(b) }))
	gauge("referee_bus_limit_bytes", "Bytes the message bus may hold.", usage(func(_, l uint64) float64 { return float64(l) }))
	gauge("referee_sessions_cached", "Host cookies held in memory.", func() float64 { return float64(n.cache.Len()) })
	total := func(name, help string, value func() uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value()) }))
	}
	total("referee_gateway_requests_total", "Requests at mapped hosts.", func() uint64 { return n.gateway.Counts().Requests })
	total("referee_gateway_refused_total", "Requests for hosts that are not mapped, or that could be read in two ways.", func() uint64 { return n.gateway.Counts().Refused })
	total("referee_gateway_unauthenticated_total", "Requests without a session.", func() uint64 { return n.gateway.Counts().Unauthenticated })
	total("referee_gateway_blocked_total", "Actions that a policy stopped.", func() uint64 { return n.gateway.Counts().Blocked })
	total("referee_gateway_downloads_total", "Downloads that passed.", func() uint64 { return n.gateway.Counts().Downloads })
	total("referee_gateway_uploads_total", "Uploads that passed.", func() uint64 { return n.gateway.Counts().Uploads })
	total("referee_gateway_unrecorded_total", "Actions refused because they could not be recorded.", func() uint64 { return n.gateway.Counts().Unrecorded })
	total("referee_gateway_app_errors_total", "Requests that the app did not answer properly.", func() uint64 { return n.gateway.Counts().AppErrors })
	total("referee_gateway_chains_completed_total", "Hosts of apps whose incomplete certificate chain was completed.", func() uint64 { return n.gateway.Counts().Chains })
	total("referee_gateway_ambiguous_pages_total", "Pages that browsers may read in two ways: stopped, or passed as they are.", func() uint64 { return n.gateway.Counts().Ambiguous })
	gauge("referee_gateway_open", "WebSockets and long transfers now.", func() float64 { return float64(n.gateway.Counts().Open) })
	total("referee_pipeline_activities_total", "Activities brought into the log.", func() uint64 { return n.pipeline.Counts().Activities })
	total("referee_pipeline_dead_letters_total", "Messages that are no activity, or whose file stayed unusable.", func() uint64 { c := n.pipeline.Counts(); return c.DeadLetters + c.Parked })
	total("referee_pipeline_retries_total", "Batches that came again because a file did not take its rows.", func() uint64 { return n.pipeline.Counts().Retries })
	gauge("referee_pipeline_lag_seconds", "From the bus to the log, of the last batch's oldest message.", func() float64 { return n.pipeline.Counts().Lag.Seconds() })
	gauge("referee_bypasses", "Emergency bypasses that hold now: session control is off for their apps.", func() float64 { return float64(n.Bypasses.Count()) })
	gauge("referee_tenants", "Tenants served.", func() float64 { return float64(len(n.tenantIDs())) })
	return m
}

// handler serves the metrics; the API asks for a token before it.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// count counts requests by serving part. Parts are few and fixed, so no request can make a new series.
func (m *metrics) count(h *hosts) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part := h.part(r.Host)
		if part == partGateway {
			h.ServeHTTP(w, r) // the gateway counts for itself: its answers must reach the connection unwrapped
			return
		}
		began := time.Now()
		s := &status{ResponseWriter: w, code: http.StatusOK}
		h.ServeHTTP(s, r)
		m.requests.WithLabelValues(part, strconv.Itoa(s.code/100)+"xx").Inc()
		m.seconds.WithLabelValues(part).Observe(time.Since(began).Seconds())
	})
}

// status remembers an answer's status.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController flush through.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
