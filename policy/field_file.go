package policy

import "github.com/referee-casb/referee/filter"

var fileFields = []filter.Field[Input]{
	{
		Info: filter.Info{Name: "filename", Title: "File name", Kind: filter.KindText, Fold: true, Aliases: []string{"fileName"}, Doc: "The file's name."},
		Text: func(in *Input) (string, filter.State) { return in.File.Name, nameState(in) },
	},
	{
		Info: filter.Info{Name: "extension", Title: "Extension", Kind: filter.KindText, Fold: true, Doc: "What follows the last dot of the file's name, without the dot."},
		Text: func(in *Input) (string, filter.State) { return extension(in.File.Name), nameState(in) },
	},
	{
		Info: filter.Info{Name: "fileSize", Title: "File size", Kind: filter.KindNumber, Unit: filter.UnitBytes, Doc: "The file's size in bytes; write 25 MB."},
		Number: func(in *Input) (int64, filter.State) {
			switch {
			case in.File.Size < 0 && in.SizeState != filter.Unobtainable:
				return 0, filter.Unknown
			case in.File.Size > 0 && in.SizeState == filter.NotSet:
				return in.File.Size, filter.Known
			}
			return in.File.Size, in.SizeState
		},
	},
	{
		Info: filter.Info{
			Name: "mimeType", Title: "File type", Kind: filter.KindText, Fold: true,
			Doc: "The file's media type: as its first bytes show it, else as it was declared.",
		},
		Text: func(in *Input) (string, filter.State) {
			if in.File.TrueMIME != "" {
				return in.File.TrueMIME, filter.Known
			}
			return given(in.File.MIME, in.TypeState)
		},
	},
	{
		Info: filter.Info{Name: "fileLabels", Title: "Sensitivity label", Kind: filter.KindID, Many: true, Doc: "Ids of the file's sensitivity labels."},
		Count: func(in *Input) (int, filter.State) {
			if len(in.File.Labels) > 0 && in.LabelState == filter.NotSet {
				return len(in.File.Labels), filter.Known
			}
			return len(in.File.Labels), in.LabelState
		},
		TextAt: func(in *Input, i int) string { return in.File.Labels[i].ID },
	},
}

// nameState never leaves a name open: no part of Referee could go and fetch one.
func nameState(in *Input) filter.State {
	_, st := given(in.File.Name, in.NameState)
	if st == filter.Unknown {
		return filter.Unobtainable
	}
	return st
}

// extension is File.Extension without its change of case, which would allocate; the field folds.
func extension(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		switch name[i] {
		case '.':
			return name[i+1:]
		case '/', '\\':
			return ""
		}
	}
	return ""
}
