package enrich

// The IP range categories, in Defender's words. A range has at most one.
const (
	CategoryCorporate      = "Corporate"
	CategoryAdministrative = "Administrative"
	CategoryRisky          = "Risky"
	CategoryVPN            = "VPN"
	CategoryCloud          = "Cloud provider"
	CategoryOther          = "Other"
)

// Categories lists the IP range categories in Defender's numbering, 1 to 6.
func Categories() []string {
	return []string{CategoryCorporate, CategoryAdministrative, CategoryRisky, CategoryVPN, CategoryCloud, CategoryOther}
}

// The built-in IP tags that Referee itself applies, in Defender's words. Defender has more (Tor exit nodes, Botnet,
// Darknet scanning IP, Malware C&C server, Anonymous proxy): no free list of those can be embedded, so a tenant gives
// such ranges itself, with these or any other tags.
const (
	TagSatellite   = "Satellite provider"
	TagAccessProxy = "Smart proxy and access proxy"
	TagZscaler     = "Zscaler"
)

// BuiltInTags lists the IP tags that are applied without a tenant's doing.
func BuiltInTags() []string { return []string{TagSatellite, TagAccessProxy, TagZscaler} }

// builtIn is what an address's network alone tells of it.
type builtIn struct {
	categories []string
	tags       []string
}

// builtIns is keyed by AS number. An entry needs a network whose addresses are all of the kind: an access provider
// that also rents out servers has no place here. The names are those of the AS registrations.
var builtIns = func() map[uint32]builtIn {
	cloud := builtIn{categories: []string{CategoryCloud}}
	satellite := builtIn{tags: []string{TagSatellite}}
	proxy := builtIn{tags: []string{TagAccessProxy}}
	zscaler := builtIn{tags: []string{TagAccessProxy, TagZscaler}}
	return map[uint32]builtIn{
		// Amazon
		16509: cloud, 14618: cloud, 8987: cloud,
		// Google
		15169: cloud, 396982: cloud,
		// Microsoft
		8075: cloud, 8068: cloud, 8069: cloud, 12076: cloud, 3598: cloud,
		// Oracle, IBM
		31898: cloud, 36351: cloud,
		// Alibaba, Tencent
		45102: cloud, 37963: cloud, 45090: cloud, 132203: cloud,
		// DigitalOcean, Hetzner, OVH, Akamai (Linode), Vultr, Scaleway, Contabo, netcup
		14061: cloud, 393406: cloud, 24940: cloud, 213230: cloud, 212317: cloud, 16276: cloud, 63949: cloud,
		20473: cloud, 12876: cloud, 51167: cloud, 40021: cloud, 141995: cloud, 197540: cloud,

		// SpaceX (Starlink), ViaSat, Hughes, OneWeb, Marlink
		14593: satellite, 7155: satellite, 16491: satellite, 40310: satellite, 40311: satellite, 40306: satellite,
		6621: satellite, 1358: satellite, 63062: satellite, 12440: satellite, 800: satellite, 5377: satellite,

		22616: zscaler, 53813: zscaler, 62044: zscaler, 62907: zscaler, 53444: zscaler,
		// Netskope, Palo Alto Networks, iboss, Menlo Security, Cato Networks, Forcepoint, Skyhigh Security
		55256: proxy, 396421: proxy, 54538: proxy, 396253: proxy, 137922: proxy, 202276: proxy, 62654: proxy,
		13150: proxy, 138627: proxy, 44444: proxy, 13448: proxy, 14600: proxy,

		// Mullvad VPN
		216025: {categories: []string{CategoryVPN}},
	}
}()
