package entity

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// File is the schema of files, in flight and at rest. A size of -1 is unknown and can be fetched by reading on.
var File = filter.MustSchema("file", []filter.Field[model.File]{
	text(filter.Info{
		Name: "fileId", Title: "File ID", Kind: filter.KindID, Column: "file_id",
		Doc: "The app's own id of the file.",
	},
		func(f *model.File) string { return f.ID }),
	text(filter.Info{
		Name: "filename", Aliases: []string{"fileName"}, Title: "File name", Kind: filter.KindText, Fold: true, Column: "file_name",
		Doc: "The file's name with its extension.",
	},
		func(f *model.File) string { return f.Name }),
	text(filter.Info{
		Name: "extension", Aliases: []string{"fileExtension"}, Title: "Extension", Kind: filter.KindText, Fold: true, Column: "file_extension",
		Doc: "The last extension of the name, without its dot: docx.",
	},
		extension),
	text(filter.Info{
		Name: "mimeType", Aliases: []string{"fileMimeType"}, Title: "MIME type", Kind: filter.KindText, Fold: true, Column: "file_mime",
		Doc: "The media type as the sender declared it.",
	},
		func(f *model.File) string { return f.MIME }),
	text(filter.Info{
		Name: "trueMimeType", Title: "True MIME type", Kind: filter.KindText, Fold: true, Column: "file_true_mime",
		Doc: "The media type that the first bytes show, whatever was declared.",
	},
		func(f *model.File) string { return f.TrueMIME }),
	{
		Info: filter.Info{
			Name: "fileSize", Title: "File size", Kind: filter.KindNumber, Unit: filter.UnitBytes, Column: "file_size",
			Doc: "The size in bytes; may be written as 25 MB or 25 MiB.",
		},
		Number: func(f *model.File) (int64, filter.State) {
			if f.Size < 0 {
				return 0, filter.Unknown
			}
			return f.Size, filter.Known
		},
	},
	text(filter.Info{
		Name: "fileHash", Aliases: []string{"sha256"}, Title: "SHA-256", Kind: filter.KindID, Fold: true, Column: "file_sha256",
		Doc: "The SHA-256 of the whole file in hexadecimal.",
	},
		func(f *model.File) string { return f.SHA256 }),
	texts(filter.Info{
		Name: "fileLabels", Title: "Sensitivity label", Kind: filter.KindText, Fold: true, Column: "file_labels",
		Doc: "Ids and names of the sensitivity labels on the file.",
	},
		func(f *model.File) int { return 2 * len(f.Labels) },
		func(f *model.File, i int) string { return label(f.Labels, i) }),
	text(filter.Info{
		Name: "fileUrl", Title: "File address", Kind: filter.KindText, Fold: true, Column: "file_url",
		Doc: "Where the file is at the real host, without query.",
	},
		func(f *model.File) string { return f.URL }),
})
