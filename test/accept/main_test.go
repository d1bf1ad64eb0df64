package accept

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

func TestMain(m *testing.M) {
	stage.Child()
	os.Exit(m.Run())
}

// number reads a count from the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is no number", name, s)
	}
	return n
}

// report logs a finding, and appends it to the report if one is wanted.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	text := fmt.Sprintf(format, args...)
	t.Log(text)
	file := os.Getenv("REFEREE_ACCEPT_REPORT")
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "%s %s\n%s\n\n", time.Now().UTC().Format(time.DateTime), t.Name(), text); err != nil {
		t.Fatal(err)
	}
}

// policies send everybody through the gateway, let files pass and record them, and block those called secret.
const policies = `
kind: ConditionalAccess
id: route
name: Route everybody
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
---
kind: SessionPolicy
id: secret
name: Secrets stay
control: controlFileDownload
activities: {device.tags: {eq: unmanaged}}
files: {filename: {contains: secret}}
inspection: none
action: block
level: strict
`

// open makes a scene in a folder of the test's own.
func open(t *testing.T, opt stage.Options) *stage.Stage {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = t.TempDir()
	}
	if opt.Policies == "" {
		opt.Policies = policies
	}
	s, err := stage.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// start starts Referee; it is stopped with the test unless it has been killed by then.
func start(t *testing.T, s *stage.Stage) *stage.Referee {
	t.Helper()
	r, err := s.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-r.Ended():
		default:
			if err := r.Stop(); err != nil {
				t.Errorf("Referee did not end in order: %v", err)
			}
		}
	})
	return r
}

func signIn(t *testing.T, s *stage.Stage, tenant string, i int) *stage.Person {
	t.Helper()
	p, err := s.SignIn(t.Context(), tenantID(tenant), i)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
