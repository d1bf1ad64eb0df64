package template

import "github.com/referee-casb/referee/policy"

var blockUploadContent = Template{
	ID: "block_upload_content", Title: "Block upload based on real-time content inspection",
	Doc:    "Stops uploads, of every file or of files that hold sensitive information. Without types it looks at no content and works at once.",
	Params: []Param{paramApp, paramDevice, paramAction, paramTypes, paramContact, paramAfter},
	build: func(v Values) []*policy.Document {
		d := session(v, "block-upload", "Block upload", policy.ControlFileUpload)
		d.Inline.Message = "**{{file}} can't be uploaded to {{app}}.**"
		d.Inline.NextStep = "Keep it where it is, or ask {{contact}} where it belongs."
		return []*policy.Document{look(d, v)}
	},
}
