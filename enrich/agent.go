package enrich

import (
	"strconv"
	"strings"

	"github.com/mileusna/useragent"

	"github.com/referee-casb/referee/model"
)

// The user agent tags, in Defender's words.
const (
	AgentNative          = "Native client"
	AgentOutdatedBrowser = "Outdated browser"
	AgentOutdatedOS      = "Outdated operating system"
	AgentRobot           = "Robot"
)

// AgentTags lists the user agent tags.
func AgentTags() []string {
	return []string{AgentNative, AgentOutdatedBrowser, AgentOutdatedOS, AgentRobot}
}

// maxAgent bounds how much of a user agent string is parsed, in bytes. Real ones are below 300; the rest is ignored,
// and kept in Raw by whoever made it.
const maxAgent = 1024

// Agent parses a user agent string, which is the client's claim and no proof. The tags are shared: append freely,
// don't write into them. An empty string gives an empty Agent.
//
// An iPad whose Safari asks for desktop pages says that it is a Mac, and Windows 11 says that it is Windows 10: no
// parser can tell.
func (e *Enricher) Agent(raw string) model.Agent {
	if raw == "" {
		return model.Agent{}
	}
	key := raw
	if len(key) > maxAgent {
		key = key[:maxAgent]
	}
	agent, known := e.agents.get(key)
	if !known {
		key = strings.Clone(key) // a header's string may hold on to the whole request
		agent = parseAgent(key, &e.floors)
		e.agents.put(key, agent)
	}
	agent.Raw = raw
	return agent
}

func parseAgent(raw string, floors *Floors) model.Agent {
	ua := useragent.Parse(raw)
	lower := strings.ToLower(raw)
	robot := ua.Bot || isRobot(lower)
	native := !robot && isNative(lower)

	agent := model.Agent{OS: ua.OS, Browser: product(ua.Name), BrowserVersion: ua.Version}
	if ua.Name == "Trident" { // Internet Explorer 11 names only its engine
		agent.Browser, agent.BrowserVersion = useragent.InternetExplorer, strconv.Itoa(major(raw, "rv:"))
	}
	agent.DeviceType = deviceType(&ua, lower)
	switch {
	case native:
		agent.Tags = append(agent.Tags, AgentNative)
	case robot:
		agent.Tags = append(agent.Tags, AgentRobot)
	case floors.browserOutdated(&ua, raw):
		agent.Tags = append(agent.Tags, AgentOutdatedBrowser)
	}
	if floors.osOutdated(&ua) {
		agent.Tags = append(agent.Tags, AgentOutdatedOS)
	}
	agent.Tags = sortedSet(agent.Tags)
	return agent
}

// product cuts a name that the parser took from the whole string down to the first product in it.
func product(name string) string {
	if i := strings.IndexAny(name, "/(;"); i >= 0 {
		name = name[:i]
	}
	name = strings.TrimSpace(name)
	if len(name) > 64 {
		name = name[:64]
	}
	return strings.ToValidUTF8(name, "")
}

// deviceType follows what vendors document: phones say Mobile, Android tablets leave it out.
func deviceType(ua *useragent.UserAgent, lower string) model.DeviceType {
	switch {
	case ua.Tablet, strings.Contains(lower, "ipad"):
		return model.DeviceTablet
	case ua.OS == useragent.Android && strings.HasPrefix(lower, "mozilla/") && !strings.Contains(lower, "mobile"):
		return model.DeviceTablet
	case ua.OS == useragent.Android, ua.Mobile:
		return model.DeviceMobile
	case ua.Desktop, ua.OS == useragent.ChromeOS:
		return model.DevicePC
	}
	return model.DeviceOther
}

// robotWords mark programs that nobody sits in front of. Each is looked for anywhere in the lower-case string.
var robotWords = []string{
	"bot/", "bot;", "bot)", "bot ", "crawler", "spider", "headlesschrome", "phantomjs", "curl/", "wget/",
	"python-requests", "python-urllib", "python-httpx", "aiohttp/", "go-http-client", "libwww-perl", "apache-httpclient", "java/",
	"node-fetch", "axios/", "undici", "postmanruntime", "powershell/", "scrapy", "facebookexternalhit", "slurp",
}

func isRobot(lower string) bool {
	if strings.Contains(lower, "cubot") { // a maker of phones
		lower = strings.ReplaceAll(lower, "cubot", "")
	}
	return containsAny(lower, robotWords)
}

// nativeWords mark installed apps that dress as a browser because they show pages.
var nativeWords = []string{
	"electron/", "teams/", "slack_ssb", "slack/", "outlook", "microsoft office", "msoffice", "onedrive", "skydrivesync",
	"googledrivefs", "dropboxdesktopclient", "webdav", "thunderbird/", "; wv)", "fban/", "fbav/", "instagram ",
}

// isNative reports whether the agent isn't a browser: those all begin with Mozilla/ or, before 2013, Opera/.
func isNative(lower string) bool {
	if !strings.HasPrefix(lower, "mozilla/") && !strings.HasPrefix(lower, "opera/") {
		return true
	}
	return containsAny(lower, nativeWords)
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
