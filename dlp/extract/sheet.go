package extract

import (
	"archive/zip"
	"io"
	"path"
	"strconv"
	"strings"
)

// maxShared bounds the texts that a workbook's cells share, in memory.
const maxShared = 64 << 20

// sheetText is a workbook: each sheet, hidden ones as well, a row a line and cells apart by tabs, with the texts that
// cells share put where they are shown, so that a heading stands near its numbers.
func sheetText(x *run, z *zip.Reader) error {
	shared, done := &strs{limit: maxShared}, false
	for _, f := range z.File {
		if f.Name != "xl/sharedStrings.xml" {
			continue
		}
		before := len(x.res.Open)
		if err := x.content(f, shared.read); err != nil {
			return err
		}
		done = len(x.res.Open) == before
	}
	sheets := func(name string) bool {
		dir, ext := path.Dir(name), path.Ext(name)
		return ext == ".xml" && (dir == "xl/worksheets" || dir == "xl/chartsheets" || dir == "xl/macrosheets")
	}
	for _, f := range z.File {
		if sheets(f.Name) {
			if err := x.content(f, func(r io.Reader) error { return x.cells(r, shared.list) }); err != nil {
				return err
			}
		}
	}
	return openXMLText(x, z, func(name string) bool {
		// What could not be kept is read where it stands.
		return sheets(name) || name == "xl/sharedStrings.xml" && done
	})
}

// strs are the texts that cells share.
type strs struct {
	list  []string
	limit int
	now   strings.Builder
}

func (s *strs) add(text string) error {
	s.list = append(s.list, text)
	return s.bound(16) // a string's own size
}

func (s *strs) bound(n int) error {
	if s.limit -= n; s.limit < 0 {
		return badf(Limited, "more than %d MB of texts", maxShared>>20)
	}
	return nil
}

func (s *strs) read(r io.Reader) error {
	decoded, err := xmlReader(r)
	if err != nil {
		return endOfText(err)
	}
	var inside, phonetic bool
	return walk(decoded, markup{
		start: func(e *element) error {
			switch e.name {
			case "si":
				s.now.Reset()
				inside = !e.empty
				if e.empty {
					return s.add("")
				}
			case "rph":
				phonetic = true
			}
			return nil
		},
		text: func(t []byte) error {
			if !inside || phonetic {
				return nil
			}
			s.now.Write(t)
			return s.bound(len(t))
		},
		end: func(name string) error {
			switch name {
			case "si":
				inside = false
				return s.add(s.now.String())
			case "rph":
				phonetic = false
			}
			return nil
		},
	})
}

// cells writes a sheet. Formulas stand behind their values.
func (x *run) cells(r io.Reader, shared []string) error {
	decoded, err := xmlReader(r)
	if err != nil {
		return endOfText(err)
	}
	kind, in := "", ""
	var value strings.Builder
	return walk(decoded, markup{
		start: func(e *element) error {
			switch e.name {
			case "c":
				kind = e.attr("t")
			case "v", "t", "f", "oddheader", "oddfooter", "evenheader", "evenfooter", "firstheader", "firstfooter", "formula1", "formula2":
				in = e.name
				value.Reset()
			case "hyperlink":
				return x.own(e.attr("display") + "\t" + e.attr("tooltip"))
			}
			return nil
		},
		text: func(t []byte) error {
			if in == "" {
				return nil
			}
			if value.Len()+len(t) > maxToken {
				return badf(Limited, "a value of more than %d MB", maxToken>>20)
			}
			value.Write(t)
			return nil
		},
		end: func(name string) error {
			switch {
			case name == "c":
				return x.text("\t")
			case name == "row":
				return x.line()
			case name != in:
				return nil
			}
			in = ""
			text := value.String()
			if name == "v" {
				text = cell(kind, text, shared)
			}
			switch name {
			case "v", "t":
				return x.text(text)
			case "f":
				if strings.ContainsAny(text, `"'`) { // a text or a file's name is in it
					return x.text(text + "\t")
				}
				return nil
			}
			return x.own(text)
		},
	})
}

// cell is a cell's value as it is shown: the text that it points at, and numbers with all their digits, since numbers of
// cards and people are kept as 4.111111111111111E15.
func cell(kind, value string, shared []string) string {
	switch kind {
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && i >= 0 && i < len(shared) {
			return shared[i]
		}
		return value
	case "", "n":
		if f, err := strconv.ParseFloat(value, 64); err == nil && strings.ContainsAny(value, "eE") && f < 1e18 && f > -1e18 {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	return value
}
