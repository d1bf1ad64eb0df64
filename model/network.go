package model

import "net/netip"

// Network is what is known about the address a request came from.
type Network struct {
	Address    netip.Addr `json:"address"`
	Country    string     `json:"country,omitempty"` // ISO 3166-1 alpha-2, upper case
	City       string     `json:"city,omitempty"`
	ISP        string     `json:"isp,omitempty"`
	ASN        uint32     `json:"asn,omitempty"`
	Categories []string   `json:"categories,omitempty"` // IP range categories: Corporate, Administrative, Risky, VPN, Cloud provider, Other
	Tags       []string   `json:"tags,omitempty"`
	Locations  []string   `json:"locations,omitempty"` // names of the tenant's named locations that hold the address
}

// Agent is a user agent string and what parsing it gave. All of it is the client's claim.
type Agent struct {
	Raw            string     `json:"raw,omitempty"`
	DeviceType     DeviceType `json:"deviceType,omitempty"`
	OS             string     `json:"os,omitempty"`
	Browser        string     `json:"browser,omitempty"`
	BrowserVersion string     `json:"browserVersion,omitempty"`
	Tags           []string   `json:"tags,omitempty"` // Native client, Outdated browser, Outdated operating system, Robot
}
