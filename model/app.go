package model

// AppID is Defender's numeric id of an app (11161 is Office 365); ids from 1,000,000 are Referee's own.
type AppID int64

// FirstOwnAppID is the first id that Defender does not use.
const FirstOwnAppID AppID = 1_000_000

// InstanceID names one tenant's instance of an app: its hosts and its route.
type InstanceID string

// AppRef says which app, and which instance of it, something concerns.
type AppRef struct {
	ID       AppID      `json:"id"`
	Key      string     `json:"key"` // stable short name, such as "onedrive"
	Name     string     `json:"name,omitempty"`
	Instance InstanceID `json:"instance,omitempty"`
}

// Route says how sessions of an app instance reach Referee; see the design, "How a session reaches the gateway".
type Route string

// The routes.
const (
	RouteSSO       Route = "sso"
	RouteFederated Route = "federated"
	RouteNative    Route = "native"
	RouteBrowser   Route = "browser"
)

// Evidence says what stands behind a claim that an app works.
type Evidence string

// The kinds of evidence. Only live may be called supported; demo marks the demonstration app.
const (
	EvidenceDemo          Evidence = "demo"
	EvidenceDocumentation Evidence = "documentation"
	EvidenceRecorded      Evidence = "recorded"
	EvidenceLive          Evidence = "live"
)

// ClientApp is the kind of program a person signs in with.
type ClientApp string

// The client apps of Conditional Access.
const (
	ClientBrowser ClientApp = "browser"
	ClientNative  ClientApp = "mobileAppsAndDesktopClients"
	ClientEAS     ClientApp = "exchangeActiveSync" // mail clients by Exchange ActiveSync
	ClientOther   ClientApp = "other"              // programs with protocols that know no modern authentication
)
