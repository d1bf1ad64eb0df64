// Command data turns the address lists that npm fetched into build/data/node_modules into the compact tables that
// package enrich embeds. `make data` runs it; it reads and writes only below the two folders it is given.
//
// The lists are CSV: first address, last address, and a country code, or an AS number and a name. What they are and
// under which licences is in docs/third-party.md.
package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/enrich/rangetable"
)

func main() {
	in := flag.String("in", "build/data/node_modules/@ip-location-db", "folder of the fetched packages")
	out := flag.String("out", "enrich/data", "folder of the tables")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "data:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	country := filepath.Join(in, "geo-whois-asn-country", "geo-whois-asn-country-ipv")
	if err := convert(filepath.Join(out, "country.bin.zst"), parseCountry, country+"4.csv", country+"6.csv"); err != nil {
		return err
	}
	network := filepath.Join(in, "asn", "asn-ipv")
	return convert(filepath.Join(out, "network.bin.zst"), parseNetwork, network+"4.csv", network+"6.csv")
}

// convert makes one table of several lists. The table appears under its name only when it is whole.
func convert(out string, parse func(fields []string) (rangetable.Value, error), lists ...string) error {
	var b rangetable.Builder
	for _, path := range lists {
		if err := readList(&b, path, parse); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	table := b.Build()
	f, err := os.CreateTemp(filepath.Dir(out), ".table-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	size, err := table.WriteTo(f)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	v4, v6 := table.Len()
	fmt.Printf("%s: %d IPv4 and %d IPv6 positions, %d kB; %d ranges overlapped, the narrower one holds\n",
		out, v4, v6, size/1000, b.Overlaps())
	return os.Rename(f.Name(), out)
}

func readList(b *rangetable.Builder, path string, parse func([]string) (rangetable.Value, error)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord, r.FieldsPerRecord = true, 0
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = addLine(b, fields, parse)
		}
		if err != nil {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

func addLine(b *rangetable.Builder, fields []string, parse func([]string) (rangetable.Value, error)) error {
	if len(fields) < 3 {
		return errors.New("too few fields")
	}
	from, err := netip.ParseAddr(fields[0])
	if err != nil {
		return err
	}
	to, err := netip.ParseAddr(fields[1])
	if err != nil {
		return err
	}
	value, err := parse(fields[2:])
	if err != nil || value == (rangetable.Value{}) {
		return err
	}
	return b.Add(from, to, value)
}

func parseCountry(fields []string) (rangetable.Value, error) {
	code := fields[0]
	switch {
	case code == "" || code == "ZZ" || code == "EU" || code == "AP": // no country
		return rangetable.Value{}, nil
	case len(code) != 2 || code != strings.ToUpper(code):
		return rangetable.Value{}, fmt.Errorf("%q is not a country code", code)
	}
	return rangetable.Value{Name: strings.Clone(code)}, nil
}

func parseNetwork(fields []string) (rangetable.Value, error) {
	number, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil || len(fields) < 2 {
		return rangetable.Value{}, fmt.Errorf("%q is not an AS number and a name", fields)
	}
	return rangetable.Value{Number: uint32(number), Name: strings.Clone(fields[1])}, nil
}
