package policy

import (
	"time"

	"github.com/referee-casb/referee/model"
)

// RolloutState is where a policy's rollout stands. Package policy/rollout moves it.
type RolloutState struct {
	Tenant    model.TenantID `json:"tenant"`
	Policy    string         `json:"policy"`
	Phase     Phase          `json:"phase"`
	Since     time.Time      `json:"since"`               // when this phase began
	Confirmed string         `json:"confirmed,omitempty"` // who confirmed that it may stop more people than its limit
	Held      bool           `json:"held,omitempty"`      // put back by hand: it does not flip by itself any more
	Steps     []RolloutStep  `json:"steps,omitempty"`     // what happened, oldest first
	Version   int64          `json:"version"`             // 1 when new; compare-and-set
}

// RolloutStep is one thing that happened to a rollout.
type RolloutStep struct {
	At  time.Time `json:"at"`
	To  Phase     `json:"to"`
	By  string    `json:"by"` // a person, or "rollout"
	Why string    `json:"why"`
}

// ReportRead records that an administrator read a policy's report.
type ReportRead struct {
	Tenant  model.TenantID `json:"tenant"`
	Policy  string         `json:"policy"`
	Reader  string         `json:"reader"`
	At      time.Time      `json:"at"`
	Through time.Time      `json:"through"` // the report covered activities up to here
}
