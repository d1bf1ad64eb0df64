package entity

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// The files of an activity; each field is a list over them.
var activityFileFields = []filter.Field[model.Activity]{
	perFile(filter.Info{
		Name: "fileId", Title: "File ID", Kind: filter.KindID, Column: "file_ids",
		Doc: "The app's own ids of the files.",
	},
		func(f *model.File) string { return f.ID }),
	perFile(filter.Info{
		Name: "fileName", Aliases: []string{"filename"}, Title: "File name", Kind: filter.KindText, Fold: true, Column: "file_names",
		Doc: "Names of the files with their extensions.",
	},
		func(f *model.File) string { return f.Name }),
	perFile(filter.Info{
		Name: "fileExtension", Aliases: []string{"extension"}, Title: "Extension", Kind: filter.KindText, Fold: true, Column: "file_extensions",
		Doc: "Last extensions of the names, without their dots: docx.",
	},
		extension),
	perFile(filter.Info{
		Name: "fileMimeType", Aliases: []string{"mimeType"}, Title: "MIME type", Kind: filter.KindText, Fold: true, Column: "file_mimes",
		Doc: "Media types as the senders declared them.",
	},
		func(f *model.File) string { return f.MIME }),
	perFile(filter.Info{
		Name: "trueMimeType", Title: "True MIME type", Kind: filter.KindText, Fold: true, Column: "file_true_mimes",
		Doc: "Media types that the first bytes show, whatever was declared.",
	},
		func(f *model.File) string { return f.TrueMIME }),
	perFile(filter.Info{
		Name: "fileHash", Aliases: []string{"sha256"}, Title: "SHA-256", Kind: filter.KindID, Fold: true, Column: "file_sha256s",
		Doc: "SHA-256 of the whole files in hexadecimal.",
	},
		func(f *model.File) string { return f.SHA256 }),
	perFile(filter.Info{
		Name: "fileUrl", Title: "File address", Kind: filter.KindText, Fold: true, Column: "file_urls",
		Doc: "Where the files are at the real host, without query.",
	},
		func(f *model.File) string { return f.URL }),
	{
		Info: filter.Info{
			Name: "fileSize", Title: "File size", Kind: filter.KindNumber, Unit: filter.UnitBytes, Many: true, Column: "file_sizes",
			Doc: "Sizes of the files in bytes; may be written as 25 MB or 25 MiB.",
		},
		Count:    func(a *model.Activity) (int, filter.State) { return len(a.Files), filter.Known },
		NumberAt: func(a *model.Activity, i int) (int64, bool) { return a.Files[i].Size, a.Files[i].Size >= 0 },
	},
	texts(filter.Info{
		Name: "fileLabels", Title: "Sensitivity label", Kind: filter.KindText, Fold: true, Column: "file_labels",
		Doc: "Ids and names of the sensitivity labels on the files.",
	},
		countLabels, labelOfFiles),
}

func perFile(info filter.Info, get func(*model.File) string) filter.Field[model.Activity] {
	return texts(info,
		func(a *model.Activity) int { return len(a.Files) },
		func(a *model.Activity, i int) string { return get(&a.Files[i]) })
}

func countLabels(a *model.Activity) int {
	n := 0
	for i := range a.Files {
		n += 2 * len(a.Files[i].Labels)
	}
	return n
}

func labelOfFiles(a *model.Activity, i int) string {
	for f := range a.Files {
		labels := a.Files[f].Labels
		if i < 2*len(labels) {
			return label(labels, i)
		}
		i -= 2 * len(labels)
	}
	return ""
}
