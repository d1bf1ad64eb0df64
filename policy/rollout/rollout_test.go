package rollout

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

func document(t *testing.T, rollout string) *policy.Document {
	t.Helper()
	docs, problems := policy.Decode("", []byte("kind: SessionPolicy\nid: p\nname: P\ncontrol: controlFileDownload\n"+
		"activities: {app: {eq: onedrive}}\naction: block\nlevel: strict\nrollout: "+rollout+"\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return docs[0]
}

// monday is a Monday at nine in Copenhagen, eight in UTC.
var monday = time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)

func copenhagen(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err) // package tenant links the tables in; so does this test
	}
	return zone
}

func people(n int) []Person { return make([]Person, n) }

func TestNext(t *testing.T) {
	t.Parallel()
	read := func(after time.Duration) []policy.ReportRead {
		return []policy.ReportRead{{Policy: "p", At: monday.Add(after)}}
	}
	const week = 7 * 24 * time.Hour
	enough := Report{Sessions: 20, People: people(3)}
	cases := []struct {
		name   string
		change func(*policy.RolloutState)
		facts  Facts
		after  time.Duration
		want   []string // parts of the reasons; none means that it flips
		until  time.Duration
	}{
		{"all there", nil, Facts{Reads: read(6 * 24 * time.Hour), Report: enough}, week, nil, 0},
		{"too early", nil, Facts{Reads: read(time.Hour), Report: enough}, week - time.Second, []string{"it monitors until Mon 23 Nov 09:00"}, week},
		{"nobody read", nil, Facts{Report: enough}, week, []string{"nobody has read"}, 0},
		{"read too late", nil, Facts{Reads: read(week - time.Hour), Report: enough}, week, []string{"first read at Mon 23 Nov 08:00"}, week + 23*time.Hour},
		{"read before the phase", nil, Facts{Reads: read(-time.Hour), Report: enough}, week, []string{"nobody has read"}, 0},
		{"read again lately, the first counts", nil, Facts{Reads: append(read(week-time.Minute), read(time.Hour)...), Report: enough}, week, nil, 0},
		{"few sessions", nil, Facts{Reads: read(time.Hour), Report: Report{Sessions: 19}}, week, []string{"19 of 20 sessions"}, 0},
		{"many people", nil, Facts{Reads: read(time.Hour), Report: Report{Sessions: 20, People: people(4)}}, week, []string{"4 people would have been stopped, more than 3"}, 0},
		{
			"many people, confirmed", func(s *policy.RolloutState) { s.Confirmed = "admin" },
			Facts{Reads: read(time.Hour), Report: Report{Sessions: 20, People: people(4)}},
			week, nil, 0,
		},
		{"before work", nil, Facts{Reads: read(time.Hour), Report: enough}, week + 22*time.Hour, []string{"working hours only, next at Tue 24 Nov 08:00"}, week + 23*time.Hour},
		{"after work", nil, Facts{Reads: read(time.Hour), Report: enough}, week + 7*time.Hour, []string{"next at Tue 24 Nov 08:00"}, week + 23*time.Hour},
		{"Friday evening waits for Monday", nil, Facts{Reads: read(time.Hour), Report: enough}, week + 4*24*time.Hour + 8*time.Hour, []string{"next at Mon 30 Nov 08:00"}, 2*week - time.Hour},
		{"put back by hand", func(s *policy.RolloutState) { s.Held = true }, Facts{Reads: read(time.Hour), Report: enough}, week, []string{"put back by hand"}, 0},
		{"everything at once", nil, Facts{Report: Report{People: people(9)}}, time.Hour, []string{"monitors until", "nobody has read", "0 of 20", "9 people"}, week},
	}
	zone := copenhagen(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := document(t, "{then: block, after: 7d}")
			s, ok := Begin(d, "contoso", "admin", monday)
			if !ok || s.Phase != policy.PhaseMonitor {
				t.Fatalf("begins as %+v", s)
			}
			if c.change != nil {
				c.change(&s)
			}
			c.facts.Zone = zone
			now := monday.Add(c.after)
			next, wait := Next(d, s, c.facts, now)
			if flips := len(c.want) == 0; flips != (next.Phase == policy.PhaseEnforce) || flips != (len(wait.Reasons) == 0) {
				t.Fatalf("phase %s, waits for %q", next.Phase, wait)
			}
			for _, part := range c.want {
				if !strings.Contains(wait.String(), part) {
					t.Errorf("waits for %q, want %q", wait, part)
				}
			}
			if len(c.want) > 0 {
				if next.Version != s.Version {
					t.Error("the version changed without a change")
				}
				want := time.Time{}
				if c.until > 0 {
					want = monday.Add(c.until)
				}
				if !wait.Until.Equal(want) {
					t.Errorf("waits until %s, want %s", wait.Until, want)
				}
				return
			}
			last := next.Steps[len(next.Steps)-1]
			if next.Version != s.Version+1 || !next.Since.Equal(now) || last.By != Self || last.To != policy.PhaseEnforce || next.Confirmed != "" {
				t.Errorf("flipped to %+v", next)
			}
			if again, wait := Next(d, next, c.facts, now); again.Version != next.Version || len(wait.Reasons) > 0 {
				t.Errorf("a policy in force moved on to %+v, %s", again, wait)
			}
		})
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	d := document(t, "{then: block}")
	s, _ := Begin(d, "contoso", "admin", monday)
	if _, err := Back(s, "admin", "", monday); !fault.Is(err, fault.Conflict) {
		t.Errorf("back from monitor: %v", err)
	}
	on, err := Flip(s, "admin", "the board wants it today", monday.Add(time.Hour))
	if err != nil || on.Phase != policy.PhaseEnforce || on.Version != 2 {
		t.Fatalf("flip: %+v, %v", on, err)
	}
	if _, err := Flip(on, "admin", "", monday); !fault.Is(err, fault.Conflict) {
		t.Errorf("flip twice: %v", err)
	}
	if _, err := Confirm(on, "admin", monday); !fault.Is(err, fault.Conflict) {
		t.Errorf("confirm in force: %v", err)
	}
	back, err := Back(on, "admin", "sales is stuck", monday.Add(2*time.Hour))
	if err != nil || back.Phase != policy.PhaseMonitor || !back.Held || !back.Since.Equal(monday.Add(2*time.Hour)) {
		t.Fatalf("back: %+v, %v", back, err)
	}
	late := monday.Add(30 * 24 * time.Hour)
	facts := Facts{Reads: []policy.ReportRead{{At: late.Add(-48 * time.Hour)}}, Report: Report{Sessions: 99}}
	if _, wait := Next(d, back, facts, late); len(wait.Reasons) == 0 {
		t.Error("what was put back by hand flipped by itself")
	}
	resumed, err := Confirm(back, "admin", late)
	if err != nil || resumed.Held || resumed.Confirmed != "admin" {
		t.Fatalf("confirm: %+v, %v", resumed, err)
	}
	if next, wait := Next(d, resumed, facts, late); next.Phase != policy.PhaseEnforce {
		t.Errorf("after a resume it waits for %s", wait)
	}
	if len(back.Steps) != 3 || len(s.Steps) != 1 {
		t.Errorf("histories are %d and %d steps long, want 3 and 1", len(back.Steps), len(s.Steps))
	}
}

func TestRevise(t *testing.T) {
	t.Parallel()
	before := document(t, "{then: block}")
	s, _ := Begin(before, "contoso", "admin", monday)
	later := monday.Add(time.Hour)
	text := *before
	inline := *before.Inline
	inline.Message = "another text"
	text.Inline = &inline
	if got := Revise(before, &text, s, "admin", later); got.Version != s.Version {
		t.Error("a new text began the phase again")
	}
	level := text
	stricter := inline
	stricter.Level = policy.LevelStandard
	level.Inline = &stricter
	if got := Revise(before, &level, s, "admin", later); !got.Since.Equal(later) || got.Phase != policy.PhaseMonitor {
		t.Errorf("a new level gives %+v", got)
	}
	s.Phase = policy.PhaseEnforce
	if got := Revise(before, &level, s, "admin", later); got.Phase != policy.PhaseEnforce || got.Version != s.Version {
		t.Errorf("an edit of a policy in force gives %+v", got)
	}
}

func TestWorkingHoursAcrossAChangeOfClocks(t *testing.T) {
	t.Parallel()
	zone := copenhagen(t)
	hours := policy.WorkingHours{Days: [7]bool{time.Sunday: true}, From: 2*60 + 30, To: 4 * 60}
	// On 28 March 2027 clocks go from 2:00 to 3:00: half past two does not exist.
	now := time.Date(2027, 3, 28, 0, 0, 0, 0, zone)
	if got := nextWorkingTime(hours, now, zone); got.Before(now) || got.Sub(now) > 4*time.Hour {
		t.Errorf("next working time is %s", got)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	mine := []model.PolicyRef{{ID: "p", Action: "block", Monitor: true}}
	activity := func(id, user, session string, at time.Duration, refs []model.PolicyRef, file string) *model.Activity {
		return &model.Activity{
			ID: model.ActivityID(id), Time: monday.Add(at), Type: model.ActivityDownload, Session: model.SessionID(session),
			App: model.AppRef{Key: "onedrive"}, User: model.User{ID: model.UserID(user), Username: user + "@contoso.com"},
			Files: []model.File{{Name: file}}, Policies: refs,
		}
	}
	r := NewReporter("p")
	for _, a := range []*model.Activity{
		activity("1", "anna", "s1", time.Hour, mine, "a.docx"),
		activity("1", "anna", "s1", time.Hour, mine, "a.docx"), // its outcome
		activity("2", "anna", "s1", 2*time.Hour, mine, "b.docx"),
		activity("3", "ole", "s2", 3*time.Hour, mine, "c.docx"),
		activity("4", "per", "s3", 4*time.Hour, nil, "d.docx"),
		activity("5", "ida", "s4", 5*time.Hour, []model.PolicyRef{{ID: "p", Action: "block"}}, "e.docx"), // really stopped
		activity("6", "ida", "s4", 0, []model.PolicyRef{{ID: "q", Monitor: true}}, "f.docx"),
	} {
		r.Add(a)
	}
	got := r.Report()
	if got.Seen != 6 || got.Sessions != 4 || got.Stopped != 3 || len(got.People) != 2 || !got.From.Equal(monday) || !got.Through.Equal(monday.Add(5*time.Hour)) {
		t.Fatalf("report is %+v", got)
	}
	if p := got.People[0]; p.User != "anna" || p.Times != 2 || len(p.Files) != 2 || !p.Last.Equal(monday.Add(2*time.Hour)) {
		t.Errorf("first person is %+v", p)
	}
	for _, part := range []string{"3 would have been stopped, of 2 people", "anna@contoso.com", "a.docx, b.docx", "2026-11-16 10:00"} {
		if !strings.Contains(got.String(), part) {
			t.Errorf("the text lacks %q:\n%s", part, got)
		}
	}
}
