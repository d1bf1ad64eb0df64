// Package accept holds the long runs that show what Referee promises: kill -9 at random moments under load, a full bus
// and a full disk, transfers of gigabytes, the memory of many sessions and connections, an hour of sixty tenants.
//
// It owns these runs and their independent witnesses: a client and an app that keep journals of their own, in another
// process than Referee. Built with the tag accept they run in full (make accept); without it, the first runs short.
// REFEREE_ACCEPT_REPORT names a file that the tables are appended to. Tests only. Begin with kill_test.go.
package accept
