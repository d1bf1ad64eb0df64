package edm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/internal/strict"
)

// Kind is that of schema documents.
const Kind = "ExactDataMatch"

// Bounds of schemas.
const (
	MaxColumns = 32
	MaxSearch  = 4   // columns that are searched for
	maxWords   = 8   // of a value, to be found beside another
	maxValue   = 512 // bytes of a value in normal form
	minValue   = 3   // characters of a value that is searched for: less is found everywhere
)

// Form is how a column's values are brought into one form before they are hashed, in the table and in texts.
type Form string

// The forms.
const (
	FormText   Form = "text"         // words without punctuation around them, in lower case, one space between: the default
	FormExact  Form = "exact"        // the same, in the case as written
	FormDigits Form = "digits"       // digits only
	FormAlnum  Form = "alphanumeric" // letters and digits only, in lower case
)

// Column is a field of every record.
type Column struct {
	Name   string `json:"name"`
	Form   Form   `json:"form"`
	Search bool   `json:"search,omitempty"` // found by itself; else it supports those that are
	Expr   string `json:"-"`                // what may be a value of a searched column
}

// Schema says what the columns of a table are, and what of a record makes a finding.
type Schema struct {
	ID, Name, About string
	Columns         []Column
	Proximity       int // characters around a searched value in which others support it
	Supporting      int // how many other columns of the same record it takes
	Alone, With     int // confidence of a searched value alone, 0 for none, and with so many others
}

// anyWord is a searched column of which nothing more is known.
const anyWord = `[\pL\pN](?:[\pL\pN_.@'-]{1,62}[\pL\pN])`

// Decode reads the rest of a schema document.
func Decode(r *strict.Reader, m *strict.Map, h dlp.Head) *Schema {
	s := &Schema{ID: h.ID, Name: h.Name, Proximity: dlp.DefaultProximity, With: dlp.High}
	m.Text("description", &s.About)
	m.Int("proximity", &s.Proximity, 1, dlp.MaxProximity)
	m.Need("columns", "list the columns of the table, each with name:")
	seen := map[string]bool{}
	searched := 0
	for _, it := range m.Items("columns") {
		if len(s.Columns) >= MaxColumns {
			r.Wrong(it.Node, it.Path, "leave out what need not be found", "there are more than %d columns", MaxColumns)
			break
		}
		c := decodeColumn(r, r.Open(it.Node, it.Path))
		if c.Name != "" && seen[c.Name] {
			r.Wrong(it.Node, it.Path, "give each column its own name", "%q is named twice", strict.Clip(c.Name))
		}
		seen[c.Name] = true
		if c.Search {
			searched++
		}
		s.Columns = append(s.Columns, c)
	}
	others := len(s.Columns) - 1
	if m.Has("columns") && (searched == 0 || searched > MaxSearch) {
		r.Wrong(m.At("columns"), "columns", "write search: with an expression, or search: word, at the column to look for", "%d columns are searched for; it takes 1 to %d", searched, MaxSearch)
	}
	if s.Supporting = 1; others < 1 {
		s.Supporting = 0
	}
	m.Int("supporting", &s.Supporting, 0, MaxColumns)
	if s.Supporting > max(others, 0) {
		r.Wrong(m.At("supporting"), "supporting", "", "there are only %d other columns", max(others, 0))
	}
	level(r, m, "confidence", &s.Alone)
	level(r, m, "withColumns", &s.With)
	switch {
	case s.Supporting == 0 && m.Has("withColumns"):
		r.Wrong(m.At("withColumns"), "withColumns", "write confidence: alone, or supporting: with a number", "no other columns are asked for")
	case s.Supporting == 0:
		s.With = 0
		if s.Alone == 0 {
			s.Alone = dlp.Medium
		}
	case s.Alone >= s.With:
		r.Wrong(m.At("confidence"), "confidence", "", "other columns must raise the confidence above %d", s.Alone)
	}
	m.Done()
	return s
}

func level(r *strict.Reader, m *strict.Map, key string, to *int) {
	m.Int(key, to, dlp.Low, dlp.High)
	if !slices.Contains([]int{0, dlp.Low, dlp.Medium, dlp.High}, *to) {
		r.Wrong(m.At(key), m.Path(key), "use 65 (low), 75 (medium) or 85 (high)", "%d is not a confidence level", *to)
	}
}

func decodeColumn(r *strict.Reader, m *strict.Map) Column {
	c := Column{Form: FormText}
	m.Need("name", "write name: as in the first line of the CSV file")
	m.Text("name", &c.Name)
	if m.Has("name") && (len(c.Name) > 100 || strings.TrimSpace(c.Name) != c.Name || c.Name == "") {
		r.Wrong(m.At("name"), m.Path("name"), "", "%q is no name of a column: it has 1 to 100 bytes and no space around it", strict.Clip(c.Name))
	}
	strict.Word(m, "normalise", &c.Form, FormText, FormExact, FormDigits, FormAlnum)
	m.Text("search", &c.Expr)
	if c.Search = m.Has("search"); c.Search {
		switch c.Expr {
		case "word":
			c.Expr = anyWord
		case "":
			r.Wrong(m.At("search"), m.Path("search"), "write an expression such as '\\d{8}', or word", "it says nothing to look for")
		default:
			if _, err := syntax.Parse(c.Expr, syntax.Perl); err != nil {
				r.Wrong(m.At("search"), m.Path("search"), "expressions are RE2", "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
		}
	}
	m.Done()
	return c
}

// Digest names what hashes depend on: the columns in their order, with their forms. A table fits a schema of its digest.
func (s *Schema) Digest() string {
	h := sha256.New()
	for _, c := range s.Columns {
		_, _ = fmt.Fprintf(h, "%q %s %v\n", c.Name, c.Form, c.Search)
	}
	return hex.EncodeToString(h.Sum(nil))
}
