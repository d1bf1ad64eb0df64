package template

import "github.com/referee-casb/referee/policy"

var blockDownloadContent = Template{
	ID: "block_download_content", Title: "Block download based on real-time content inspection",
	Doc:    "Stops downloads, of every file or of files that hold sensitive information. Without types it looks at no content and works at once.",
	Params: []Param{paramApp, paramDevice, paramAction, paramLevel, paramTypes, paramContact, paramAfter},
	build: func(v Values) []*policy.Document {
		d := session(v, "block-download", "Block download", policy.ControlFileDownload)
		setLevel(d, v)
		d.Inline.Message = "**{{file}} can't be downloaded from {{app}}.**"
		d.Inline.NextStep = "Read and edit it here in the browser, or ask {{contact}} and give the code {{reference}}."
		return []*policy.Document{look(d, v)}
	},
}

func setLevel(d *policy.Document, v Values) {
	d.Inline.Level = policy.LevelStrict
	if v["level"] == policy.LevelStandard.String() {
		d.Inline.Level = policy.LevelStandard
	}
}
