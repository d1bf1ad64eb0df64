package entity

import (
	"strings"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// text makes a field of a text, which is certain: recorded entities have no open facts.
func text[T any](info filter.Info, get func(*T) string) filter.Field[T] {
	return filter.Field[T]{Info: info, Text: func(t *T) (string, filter.State) { return get(t), filter.Known }}
}

// texts makes a field of a list of texts.
func texts[T any](info filter.Info, count func(*T) int, at func(*T, int) string) filter.Field[T] {
	info.Many = true
	return filter.Field[T]{
		Info:   info,
		Count:  func(t *T) (int, filter.State) { return count(t), filter.Known },
		TextAt: at,
	}
}

// number makes a field of a number that counts as not set below least.
func number[T any](info filter.Info, least int64, get func(*T) int64) filter.Field[T] {
	info.Kind = filter.KindNumber
	return filter.Field[T]{Info: info, Number: func(t *T) (int64, filter.State) {
		if n := get(t); n >= least {
			return n, filter.Known
		}
		return 0, filter.NotSet
	}}
}

func flag[T any](info filter.Info, get func(*T) bool) filter.Field[T] {
	info.Kind = filter.KindBool
	return filter.Field[T]{Info: info, Bool: func(t *T) (bool, filter.State) { return get(t), filter.Known }}
}

func choices[E ~string](values ...E) []filter.Choice {
	out := make([]filter.Choice, len(values))
	for i, v := range values {
		out[i] = filter.Choice{Name: string(v)}
	}
	return out
}

func choice[E ~string](name E, title string, aliases ...string) filter.Choice {
	return filter.Choice{Name: string(name), Title: title, Aliases: aliases}
}

// domain returns what follows the last @ of a sign-in name, else of the e-mail address, as it is written; compare
// [model.User.Domain], which lowers it and so allocates.
func domain(u *model.User) string {
	if i := strings.LastIndexByte(u.Username, '@'); i >= 0 {
		return u.Username[i+1:]
	}
	if i := strings.LastIndexByte(u.Email, '@'); i >= 0 {
		return u.Email[i+1:]
	}
	return ""
}

// extension returns what follows the last dot of a file's name, as it is written; compare [model.File.Extension],
// which lowers it and so allocates.
func extension(f *model.File) string {
	for i := len(f.Name) - 1; i >= 0; i-- {
		switch f.Name[i] {
		case '.':
			return f.Name[i+1:]
		case '/', '\\':
			return ""
		}
	}
	return ""
}

// label returns the i-th of the ids and names of labels, taken in turn.
func label(labels []model.Label, i int) string {
	if l := &labels[i/2]; i%2 == 0 {
		return l.ID
	} else {
		return l.Name
	}
}
