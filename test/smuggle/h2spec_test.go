package smuggle

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// known are tests of h2spec that a Referee does not pass, with the reason.
var known = map[string]string{
	"http2/4.2: Sends a large size HEADERS frame that exceeds the SETTINGS_MAX_FRAME_SIZE":                          "the tester sends 20 kB and takes 16 kB for the limit; the server announces 1 MiB",
	"http2/6.5.3: Sends multiple values of SETTINGS_INITIAL_WINDOW_SIZE":                                            "net/http ends connections whose SETTINGS frame names a parameter twice, which no client needs",
	"http2/8.1.2.2: Sends a HEADERS frame that contains the connection-specific header field":                       "refused by net/http with 400 and the end of the stream, which RFC 9113 section 8.1.1 allows",
	"http2/8.1.2.2: Sends a HEADERS frame that contains the TE header field with any value other than \"trailers\"": "as above",
}

// early are tests whose request the gateway may answer, having no session, before the tester has sent what is wrong
// with it: they pass or fail as it happens.
var early = map[string]bool{
	// Seen once in many runs: the stream ended with NO_ERROR, the request being answered before its end.
	"http2/6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream":                                     true,
	`http2/8.1.2.6: Sends a HEADERS frame with the "content-length" header field which does not equal the DATA frame payload length`:                      true,
	`http2/8.1.2.6: Sends a HEADERS frame with the "content-length" header field which does not equal the sum of the multiple DATA frames payload length`: true,
}

// conformance is what the tester writes, of which this test reads a part.
type conformance struct {
	Suites []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Package string     `xml:"package,attr"`
			Class   string     `xml:"classname,attr"`
			Skipped *struct{}  `xml:"skipped"`
			Failure *complaint `xml:"failure"`
			Error   *complaint `xml:"error"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type complaint struct {
	Text string `xml:",chardata"`
}

// unexpected are the names of the failed tests that no list explains.
func (c conformance) unexpected() map[string]bool {
	names := map[string]bool{}
	for _, suite := range c.Suites {
		for _, one := range suite.Cases {
			name := one.Package + ": " + one.Class
			if (one.Failure != nil || one.Error != nil) && known[name] == "" && !early[name] {
				names[name] = true
			}
		}
	}
	return names
}

// TestH2Spec runs the HTTP/2 conformance tester against a mapped host. The tester reaches names that resolve, so it
// runs where a hosts file of ours is in the place of the machine's.
func TestH2Spec(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a quarter of a minute")
	}
	dir := t.TempDir()
	tool := filepath.Join(dir, "h2spec")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", tool, "github.com/summerwind/h2spec/cmd/h2spec")
	build.Dir = filepath.Join("testdata", "h2spec")
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("h2spec can't be built here: %v\n%s", err, out)
	}
	s, err := stage.New(stage.Options{Dir: dir, App: http.NotFoundHandler(), Policies: policies})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r, err := s.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Errorf("Referee did not end in order: %v", err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	results := filepath.Join(dir, "results.xml")
	// Strict mode leaves nothing out. The certificate is the development CA's.
	name, _, _ := strings.Cut(s.Mapped("demo"), ":")
	hosts := write(t, dir, "hosts", "127.0.0.1 localhost "+name+"\n")
	inside := []string{"--mount", "--user", "--map-root-user"}
	if os.Geteuid() == 0 {
		inside = inside[:1]
	}
	if out, err := exec.CommandContext(ctx, "unshare", append(inside, "mount", "--bind", hosts, "/etc/hosts")...).CombinedOutput(); err != nil {
		t.Fatalf("the machine's hosts file can't be replaced for the tester: %v: %s", err, out)
	}
	conform := func() (all conformance) {
		run := exec.CommandContext(ctx, "unshare", append(inside, "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts, //nolint:gosec // ours
			tool, "-h", name, "-p", strconv.Itoa(s.Port), "-t", "-k", "-S", "-o", "3", "-j", results)...)
		out, runErr := run.CombinedOutput() // it ends with 1 when a test failed
		text, err := os.ReadFile(results)
		if err != nil {
			t.Fatalf("%v, %v\n%s", runErr, err, tail(string(out), 3000))
		}
		if err := xml.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := conform()
	once := all.unexpected()
	if len(once) > 0 {
		// The tester races the server's answers: what is wrong is wrong twice.
		all = conform()
	}
	var table strings.Builder
	passed, failed, skipped := 0, 0, 0
	for _, suite := range all.Suites {
		p := 0
		for _, c := range suite.Cases {
			name := c.Package + ": " + c.Class
			switch {
			case c.Skipped != nil:
				skipped++
			case c.Failure != nil || c.Error != nil:
				failed++
				why, expected := known[name]
				fmt.Fprintf(&table, "  failed: %s\n", name)
				if !expected && !early[name] && !once[name] {
					fmt.Fprintln(&table, "    not in the run before")
				} else if !expected && !early[name] {
					t.Errorf("%s: %+v %+v", name, c.Failure, c.Error)
				} else if expected {
					fmt.Fprintf(&table, "    known: %s\n", why)
				} else {
					fmt.Fprintln(&table, "    the request was answered before its end")
				}
			default:
				p++
				passed++
				if _, expected := known[name]; expected {
					t.Errorf("%s passes now: take it off the list", name)
				}
			}
		}
		if len(suite.Cases) > 0 {
			fmt.Fprintf(&table, "%-60s %d of %d\n", suite.Name, p, len(suite.Cases))
		}
	}
	fmt.Fprintf(&table, "h2spec, strict: %d passed, %d failed, %d skipped\n", passed, failed, skipped)
	keep(t, table.String())
	if passed < 100 {
		t.Errorf("only %d tests ran", passed)
	}
}
