package appcheck

// check judges what was seen. It asks nothing.
type check struct {
	id    string // its file
	judge func(s *seen) []Finding
}

// checks are all there are, in the order of the report.
var checks = []check{
	{"route", route},
	{"certificate", certificate},
	{"revocation", revocation},
	{"tls", tlsVersions},
	{"http", httpVersions},
	{"redirects", redirects},
	{"signin", signIn},
	{"hosts", usedHosts},
	{"csp", contentPolicy},
	{"hsts", strictTransport},
	{"serviceworker", serviceWorker},
	{"frames", framing},
	{"hostkeys", hostKeys},
}
