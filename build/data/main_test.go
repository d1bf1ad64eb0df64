package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/enrich/rangetable"
)

// lists writes the four lists that run reads, each with one good line beside what is given.
func lists(t *testing.T, replace map[string]string) (in, out string) {
	t.Helper()
	in, out = t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"geo-whois-asn-country/geo-whois-asn-country-ipv4.csv": "1.0.0.0,1.0.0.255,AU\n2.0.0.0,2.0.0.255,ZZ\n",
		"geo-whois-asn-country/geo-whois-asn-country-ipv6.csv": "2a00::,2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff,NL\n",
		"asn/asn-ipv4.csv": "1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n",
		"asn/asn-ipv6.csv": "2a00::,2a00::ffff,64500,Net\n",
	} {
		if other, ok := replace[name]; ok {
			text = other
		}
		path := filepath.Join(in, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return in, out
}

func TestRun(t *testing.T) {
	t.Parallel()
	in, out := lists(t, nil)
	if err := run(in, out); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, addr string
		want       rangetable.Value
	}{
		{"country.bin.zst", "1.0.0.7", rangetable.Value{Name: "AU"}},
		{"country.bin.zst", "2.0.0.7", rangetable.Value{}}, // ZZ is no country
		{"country.bin.zst", "2a00:1::", rangetable.Value{Name: "NL"}},
		{"network.bin.zst", "1.0.0.7", rangetable.Value{Number: 13335, Name: "Cloudflare, Inc."}},
		{"network.bin.zst", "2a00::1", rangetable.Value{Number: 64500, Name: "Net"}},
	} {
		raw, err := os.ReadFile(filepath.Join(out, c.file))
		if err != nil {
			t.Fatal(err)
		}
		table, err := rangetable.Read(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := table.Lookup(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s, %s: %v, want %v", c.file, c.addr, got, c.want)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	const country, network = "geo-whois-asn-country/geo-whois-asn-country-ipv4.csv", "asn/asn-ipv6.csv"
	for name, c := range map[string]struct{ list, text, says string }{
		"no address":         {country, "1.0.0.0,1.0.0.255,AU\nx,1.0.0.9,AU\n", "line 2"},
		"backwards":          {country, "1.0.0.9,1.0.0.0,AU\n", "not a range"},
		"no country":         {country, "1.0.0.0,1.0.0.255,Australia\n", `"Australia" is not a country`},
		"too few fields":     {country, "1.0.0.0,1.0.0.255\n", "too few"},
		"not a number":       {network, "2a00::,2a00::1,AS1,Net\n", "AS number"},
		"broken quotation":   {network, "2a00::,2a00::1,1,\"Net\n", "line"},
		"different families": {network, "2a00::,1.1.1.1,1,Net\n", "not a range"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, out := lists(t, map[string]string{c.list: c.text})
			err := run(in, out)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.list) {
				t.Errorf("%v, want one that names %s and says %q", err, c.list, c.says)
			}
		})
	}
	if err := run(t.TempDir(), t.TempDir()); err == nil {
		t.Error("missing lists were taken")
	}
}
