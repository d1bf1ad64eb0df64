package node

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/buildinfo"
)

// traces sends a span for a share of requests to an OpenTelemetry collector. Spans carry which part served, method,
// status and host kind; never a path, a query, a name or a secret, since a collector is another trust zone.
type traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// openTraces returns nil where no collector is configured.
func openTraces(ctx context.Context, c Trace) (*traces, error) {
	if c.Endpoint == "" {
		return nil, nil //nolint:nilnil // no collector is not an error
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(c.Endpoint))
	if err != nil {
		return nil, fault.As(err, fault.Invalid, "node.traces", c.Endpoint)
	}
	share := c.Share
	if share == 0 {
		share = 0.01
	}
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithSampler(sdktrace.TraceIDRatioBased(share)),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "referee"), attribute.String("service.version", buildinfo.Get().Version))))
	return &traces{provider: p, tracer: p.Tracer("referee")}, nil
}

// handler puts a span around each request. A caller's trace context is believed from the API alone: browsers and
// apps must not choose what is sampled.
func (t *traces) handler(h *hosts, next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part, ctx := h.part(r.Host), r.Context()
		if part == partAPI {
			ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
		}
		ctx, span := t.tracer.Start(ctx, part, trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("network.protocol.version", r.Proto)))
		defer span.End()
		if !span.IsRecording() {
			next.ServeHTTP(w, r)
			return
		}
		s := &status{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(s, r.WithContext(ctx))
		span.SetAttributes(attribute.Int("http.response.status_code", s.code))
		if s.code >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}

// close sends what is left, for a bounded time.
func (t *traces) close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return fault.As(t.provider.Shutdown(ctx), fault.Unavailable, "node.traces", "")
}
