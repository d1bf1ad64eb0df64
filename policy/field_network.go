package policy

import (
	"net/netip"

	"github.com/referee-casb/referee/filter"
)

var networkFields = []filter.Field[Input]{
	{
		Info: filter.Info{Name: "ip.address", Title: "IP address", Kind: filter.KindAddress, Doc: "The address that the request came from, IPv4 or IPv6."},
		Addr: func(in *Input) (netip.Addr, filter.State) { return in.Network.Address, filter.Known },
	},
	{
		Info: filter.Info{
			Name: "ip.category", Title: "IP category", Kind: filter.KindText, Many: true, Fold: true,
			Doc: "IP range categories: Corporate, Administrative, Risky, VPN, Cloud provider, Other.",
		},
		Count:  func(in *Input) (int, filter.State) { return listed(in, in.Network.Categories) },
		TextAt: func(in *Input, i int) string { return in.Network.Categories[i] },
	},
	{
		Info:   filter.Info{Name: "ip.tags", Title: "IP tag", Kind: filter.KindText, Many: true, Fold: true, Doc: "Tags of the address, such as Tor exit nodes."},
		Count:  func(in *Input) (int, filter.State) { return listed(in, in.Network.Tags) },
		TextAt: func(in *Input, i int) string { return in.Network.Tags[i] },
	},
	{
		Info: filter.Info{Name: "location.country", Title: "Country", Kind: filter.KindID, Fold: true, Doc: "The country of the address, as two letters."},
		Text: func(in *Input) (string, filter.State) { return given(in.Network.Country, in.GeoState) },
	},
	{
		Info: filter.Info{Name: "location.city", Title: "City", Kind: filter.KindText, Fold: true, Doc: "The city of the address."},
		Text: func(in *Input) (string, filter.State) { return given(in.Network.City, in.GeoState) },
	},
	{
		Info: filter.Info{
			Name: "location.organizations", Title: "Registered ISP", Kind: filter.KindText, Fold: true, Aliases: []string{"location.isp"},
			Doc: "Who the address is registered to.",
		},
		Text: func(in *Input) (string, filter.State) { return given(in.Network.ISP, in.GeoState) },
	},
	{
		Info: filter.Info{Name: "location.asn", Title: "Network number", Kind: filter.KindNumber, Doc: "The autonomous system number of the address."},
		Number: func(in *Input) (int64, filter.State) {
			if in.Network.ASN == 0 {
				return 0, in.GeoState
			}
			return int64(in.Network.ASN), filter.Known
		},
	},
	{
		Info: filter.Info{
			Name: "location.named", Title: "Named location", Kind: filter.KindText, Many: true, Fold: true,
			Doc: "Names of the tenant's named locations that hold the address.",
		},
		Count:  func(in *Input) (int, filter.State) { return listed(in, in.Network.Locations) },
		TextAt: func(in *Input, i int) string { return in.Network.Locations[i] },
	},
}

// listed is [given] for a list.
func listed(in *Input, list []string) (int, filter.State) {
	if len(list) > 0 && in.GeoState == filter.NotSet {
		return len(list), filter.Known
	}
	return len(list), in.GeoState
}

var agentFields = []filter.Field[Input]{
	{
		Info: filter.Info{Name: "userAgent.userAgent", Title: "User agent", Kind: filter.KindText, Fold: true, Doc: "The user agent string. It is the client's claim."},
		Text: func(in *Input) (string, filter.State) { return certain(in.Agent.Raw) },
	},
	{
		Info: filter.Info{
			Name: "userAgent.tags", Title: "User agent tag", Kind: filter.KindText, Many: true, Fold: true,
			Doc: "Native client, Outdated browser, Outdated operating system, Robot.",
		},
		Count:  func(in *Input) (int, filter.State) { return len(in.Agent.Tags), filter.Known },
		TextAt: func(in *Input, i int) string { return in.Agent.Tags[i] },
	},
	{
		Info: filter.Info{Name: "userAgent.browser", Title: "Browser", Kind: filter.KindText, Fold: true, Doc: "The browser's name as its user agent claims it."},
		Text: func(in *Input) (string, filter.State) { return certain(in.Agent.Browser) },
	},
	{
		Info: filter.Info{Name: "userAgent.operatingSystem", Aliases: []string{"userAgent.os"}, Title: "Operating system", Kind: filter.KindText, Fold: true, Doc: "The operating system as the user agent claims it."},
		Text: func(in *Input) (string, filter.State) { return certain(in.Agent.OS) },
	},
}
