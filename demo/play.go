package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/demo/filesapp"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/rollout"
)

// played is the policy whose rollout is shown.
const played = "onedrive-block-download-unmanaged"

// sessionsPlayed is how many sign-ins are played: as many as the rollout wants to have seen.
const sessionsPlayed = 21

// play shows monitor, report and flip: people work while the policy monitors, an administrator reads who would
// have been stopped, the clock moves on, and the rollout flips by itself or says why not.
func (s *stage) play(ctx context.Context) error {
	say := func(format string, args ...any) error {
		_, err := fmt.Fprintf(s.opt.Out, format+"\n", args...)
		return err
	}
	if err := say("\nDay 1. The policy monitors. %d sessions are played, each downloads one board paper …", sessionsPlayed); err != nil {
		return err
	}
	var last answer
	for i := range sessionsPlayed {
		u := s.users[i%len(s.users)]
		a, err := s.download(ctx, u.Username, u.Password)
		if err != nil {
			return err
		}
		last = a
	}
	if err := say("   last download: %s, saved: %v", last.header.Get("Content-Disposition"), last.saved()); err != nil {
		return err
	}
	report, err := s.report(ctx)
	if err != nil {
		return err
	}
	if err := say("   an administrator reads the report:\n\n%s", report); err != nil {
		return err
	}
	if report, err := s.advance(ctx); err != nil {
		return err
	} else if err := say("%s", report); err != nil {
		return err
	}
	a, err := s.download(ctx, s.users[0].Username, s.users[0].Password)
	if err != nil {
		return err
	}
	return say("   the director tries again: HTTP %d, saved: %v, reference code %s\n   try: referee why %s --data %s\n", a.status, a.saved(), a.reference(), a.reference(), s.opt.Data)
}

// download signs a person in with a fresh browser and fetches a document as a file.
func (s *stage) download(ctx context.Context, name, password string) (answer, error) {
	p, err := newPerson(name, password, s.transport)
	if err != nil {
		return answer{}, err
	}
	if a, err := p.open(ctx, "https://"+s.hosts.App+"/"); err != nil {
		return a, err
	}
	mapped := s.facts().MappedHosts["app"]
	return p.open(ctx, "https://"+mapped+"/files/"+sampleID(name)+"/download")
}

// sampleID is a document that a person may open.
func sampleID(name string) string {
	folder := filesapp.FolderBoard
	if name == "contractor" {
		folder = filesapp.FolderProjects
	}
	for _, d := range filesapp.Samples() {
		if d.Folder == folder {
			return d.ID
		}
	}
	return ""
}

// report waits until the log holds what was played, and reads the report as an administrator: that counts as
// delivered.
func (s *stage) report(ctx context.Context) (rollout.Report, error) {
	deadline := time.Now().Add(20 * time.Second)
	for {
		reporter := rollout.NewReporter(played)
		for a, err := range s.node.Log.Export(ctx, Tenant, activitylog.Query{}) {
			if err != nil {
				return rollout.Report{}, err
			}
			reporter.Add(&a)
		}
		report := reporter.Report()
		if report.Sessions >= sessionsPlayed && report.Stopped >= sessionsPlayed {
			now := s.clock.Now()
			read := policy.ReportRead{Tenant: Tenant, Policy: played, Reader: author, At: now, Through: report.Through}
			if err := s.node.DB.PutRead(ctx, read); err != nil {
				return report, err
			}
			return report, s.node.Recorder.Event(ctx, &model.Activity{
				Tenant: Tenant, Time: now, Source: model.SourceAdmin, Type: model.ActivityReportRead, ActionType: "ReportRead",
				Admin: true, User: model.User{ID: author, Name: "Demo"}, Policies: []model.PolicyRef{{ID: played}},
			})
		}
		if time.Now().After(deadline) {
			return report, fault.New(fault.Unavailable, "demo.report", "the log holds %d of %d sessions and %d downloads", report.Sessions, sessionsPlayed, report.Stopped)
		}
		select {
		case <-ctx.Done():
			return report, fault.As(ctx.Err(), fault.Canceled, "demo.report", "")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// advance moves the clock and lets the rollout look. A rollout flips in working hours only, so the clock goes on
// by hours until it does, for at most four more days.
func (s *stage) advance(ctx context.Context) (string, error) {
	now := s.clock.Advance(s.opt.Advance)
	for range 4 * 24 {
		s.node.Rollouts(ctx)
		book, ok := s.node.Rules.Book(Tenant)
		if !ok {
			return "", fault.New(fault.Unavailable, "demo.advance", "the tenant's policies are not loaded")
		}
		if p := book.Policy(played); p != nil && !p.Monitor {
			return fmt.Sprintf("%s. The rollout flipped by itself: the policy blocks now.", now.In(s.node.Tenants.Location(Tenant)).Format("Monday 2 January 15:04 MST")), nil
		}
		now = s.clock.Advance(time.Hour)
	}
	return fmt.Sprintf("%s. The rollout still waits; ask it why: referee policy get %s", now.In(s.node.Tenants.Location(Tenant)).Format("Monday 2 January 15:04 MST"), played), nil
}
