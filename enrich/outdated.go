package enrich

import (
	"strconv"
	"strings"

	"github.com/mileusna/useragent"
)

// Floors are the lowest major versions that aren't outdated. A version of 0 judges nothing.
type Floors struct {
	Chromium int // every browser on Chromium's engine: Chrome, Edge, Opera, Vivaldi, Samsung Internet, …
	Firefox  int
	Safari   int
	Windows  int // of Windows NT: 10 for both Windows 10 and 11
	IOS      int
	Android  int
}

// DefaultFloors are the defaults as of November 2026, when Chromium was at 156 and Firefox's extended release at 153:
// what had a security update from its maker within the last year. Raise them with each release.
//
// Three systems stopped counting in their user agent strings, so nothing newer than that can be judged: Windows at
// 10.0, macOS at 10.15.7 and Android, in Chromium, at 10.
func DefaultFloors() *Floors {
	return &Floors{Chromium: 143, Firefox: 140, Safari: 18, Windows: 10, IOS: 16, Android: 10}
}

// browserOutdated judges the engine, not the name on it. Browsers on iOS use the system's engine, so there only the
// system counts.
func (f *Floors) browserOutdated(ua *useragent.UserAgent, raw string) bool {
	if ua.OS == useragent.IOS {
		return false
	}
	switch {
	case ua.Name == useragent.InternetExplorer, strings.Contains(raw, "Trident/"), strings.Contains(raw, " Edge/"):
		return true
	case ua.Name == useragent.Firefox:
		return below(ua.VersionNo.Major, f.Firefox)
	case ua.Name == useragent.Safari:
		return below(ua.VersionNo.Major, f.Safari)
	}
	return below(major(raw, " Chrome/"), f.Chromium)
}

func (f *Floors) osOutdated(ua *useragent.UserAgent) bool {
	v := ua.OSVersionNo
	switch ua.OS {
	case useragent.Windows:
		return below(v.Major, f.Windows)
	case useragent.WindowsPhone, useragent.BlackBerry:
		return true
	case useragent.MacOS:
		return v.Major == 10 && v.Minor > 0 && v.Minor < 15
	case useragent.IOS:
		return below(v.Major, f.IOS)
	case useragent.Android:
		return below(v.Major, f.Android)
	}
	return false
}

// below reports whether a version that is known is under a floor that is set.
func below(version, floor int) bool { return version > 0 && version < floor }

// major reads the number that follows token, 0 if there is none.
func major(raw, token string) int {
	_, after, found := strings.Cut(raw, token)
	if !found {
		return 0
	}
	end := 0
	for end < len(after) && end < 6 && after[end] >= '0' && after[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(after[:end])
	if err != nil {
		return 0
	}
	return n
}
