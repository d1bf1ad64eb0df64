package enrich

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/referee-casb/referee/model"
)

func TestAgent(t *testing.T) {
	t.Parallel()
	e := New(nil, Options{})
	cases := []struct {
		name, raw          string
		device             model.DeviceType
		os, browser, major string
		tags               []string
	}{
		{
			"Chrome on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
			model.DevicePC, "Windows", "Chrome", "156", nil,
		},
		{
			"old Chrome", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
			model.DevicePC, "Windows", "Chrome", "120",
			[]string{AgentOutdatedBrowser},
		},
		{
			"Edge", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36 Edg/155.0.0.0",
			model.DevicePC, "Windows", "Edge", "155", nil,
		},
		{
			"Edge before Chromium", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.102 Safari/537.36 Edge/18.19042",
			model.DevicePC, "Windows", "Edge", "18",
			[]string{AgentOutdatedBrowser},
		},
		{
			"Opera counts by its engine", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 OPR/134.0.0.0",
			model.DevicePC, "Windows", "Opera", "134", nil,
		},
		{
			"Internet Explorer on Windows 7", "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
			model.DevicePC, "Windows", "Internet Explorer", "11",
			[]string{AgentOutdatedBrowser, AgentOutdatedOS},
		},
		{
			"Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
			model.DevicePC, "Linux", "Firefox", "153", nil,
		},
		{
			"old Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0",
			model.DevicePC, "Linux", "Firefox", "102",
			[]string{AgentOutdatedBrowser},
		},
		{
			"Safari on a Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
			model.DevicePC, "macOS", "Safari", "26", nil,
		},
		{
			"old Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1 Safari/605.1.15",
			model.DevicePC, "macOS", "Safari", "13",
			[]string{AgentOutdatedBrowser, AgentOutdatedOS},
		},
		{
			"iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
			model.DeviceMobile, "iOS", "Safari", "26", nil,
		},
		{
			"Chrome on an old iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 14_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/113.0.5672.109 Mobile/15E148 Safari/604.1",
			model.DeviceMobile, "iOS", "Chrome", "113",
			[]string{AgentOutdatedOS},
		},
		{
			"iPad", "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
			model.DeviceTablet, "iOS", "Safari", "17", nil,
		},
		{
			"Android phone", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
			model.DeviceMobile, "Android", "Chrome", "156", nil,
		},
		{
			"Android tablet", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
			model.DeviceTablet, "Android", "Chrome", "156", nil,
		},
		{
			"a phone called Cubot", "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE Plus) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
			model.DeviceMobile, "Android", "Chrome", "156",
			[]string{AgentOutdatedOS},
		},
		{
			"Chromebook", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
			model.DevicePC, "ChromeOS", "Chrome", "156", nil,
		},
		{
			"Teams on the desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Teams/1.7.00.1234 Chrome/110.0.0.0 Electron/23.0 Safari/537.36",
			model.DevicePC, "Windows", "Teams", "1",
			[]string{AgentNative},
		},
		{
			"OneDrive sync", "Microsoft SkyDriveSync 25.100.0526.0004 ship; Windows NT 10.0 (19045)",
			"", "Windows", "", "",
			[]string{AgentNative},
		},
		{"an iOS app", "OneDrive/15.1 CFNetwork/1490.0.4 Darwin/23.2.0", model.DeviceOther, "", "", "", []string{AgentNative}},
		{"an Android app", "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)", model.DeviceMobile, "Android", "", "", []string{AgentNative}},
		{"curl", "curl/8.5.0", model.DeviceOther, "", "curl", "8", []string{AgentRobot}},
		{"a Go program", "Go-http-client/2.0", model.DeviceOther, "", "", "2", []string{AgentRobot}},
		{"Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", model.DeviceOther, "", "Googlebot", "2", []string{AgentRobot}},
		{
			"headless", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
			model.DevicePC, "Linux", "Headless Chrome", "156",
			[]string{AgentRobot},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := e.Agent(c.raw)
			if c.device != "" && got.DeviceType != c.device {
				t.Errorf("device type %q, want %q", got.DeviceType, c.device)
			}
			if got.OS != c.os {
				t.Errorf("system %q, want %q", got.OS, c.os)
			}
			if c.browser != "" && got.Browser != c.browser {
				t.Errorf("browser %q, want %q", got.Browser, c.browser)
			}
			if major, _, _ := strings.Cut(got.BrowserVersion, "."); c.major != "" && major != c.major {
				t.Errorf("version %q, want %s", got.BrowserVersion, c.major)
			}
			if !slices.Equal(got.Tags, c.tags) {
				t.Errorf("tags %q, want %q", got.Tags, c.tags)
			}
			if got.Raw != c.raw {
				t.Errorf("raw %q", got.Raw)
			}
		})
	}
	if got := e.Agent(""); got.DeviceType != "" || got.Tags != nil {
		t.Errorf("no agent: %+v", got)
	}
}

func TestAgentCacheIsBounded(t *testing.T) {
	t.Parallel()
	e := New(nil, Options{Agents: 100})
	kept := "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				e.Agent(fmt.Sprintf("tool-%d/%d", w, i))
				if got := e.Agent(kept); got.Browser != "Firefox" {
					t.Errorf("%+v", got)
					return
				}
			}
		})
	}
	wg.Wait()
	if n := e.agents.len(); n > 100 {
		t.Errorf("%d agents are remembered, want 100 at most", n)
	}
	if _, ok := e.agents.get(kept); !ok {
		t.Error("the one in use was forgotten")
	}
	long := strings.Repeat("x", 100_000)
	if got := e.Agent(long); len(got.Browser) > 64 || got.Raw != long {
		t.Errorf("a long agent: browser of %d bytes", len(got.Browser))
	}
}

func FuzzAgent(f *testing.F) {
	f.Add("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36")
	f.Add("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)")
	f.Add("((((;;;;////+http://")
	floors := DefaultFloors()
	f.Fuzz(func(t *testing.T, raw string) {
		if len(raw) > maxAgent {
			raw = raw[:maxAgent]
		}
		got := parseAgent(raw, floors)
		if len(got.Browser) > 64 || len(got.BrowserVersion) > maxAgent || len(got.OS) > 64 {
			t.Errorf("%q: %+v", raw, got)
		}
		for _, tag := range got.Tags {
			if !slices.Contains(AgentTags(), tag) {
				t.Errorf("%q: tag %q", raw, tag)
			}
		}
	})
}
