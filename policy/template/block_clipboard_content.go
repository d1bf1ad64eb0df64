package template

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/policy"
)

var blockClipboardContent = Template{
	ID: "block_clipboard_content", Title: "Block cut/copy and paste based on real-time content inspection",
	Doc:    "Stops copying, cutting and pasting, of everything or of text that holds sensitive information. What the page does with text it already shows is up to the client script: a deterrent, not a wall.",
	Params: []Param{paramApp, paramDevice, paramAction, paramTypes, paramContact, paramAfter},
	build: func(v Values) []*policy.Document {
		d := session(v, "block-clipboard", "Block cut, copy and paste", policy.ControlActivities)
		d.Inline.Activities = filter.AllOf(append(d.Inline.Activities.Kids, filter.Cond("activity.type", filter.Eq, "cut", "copy", "paste"))...)
		d.Inline.Message = "**Copying and pasting is off in {{app}} on this device.**"
		d.Inline.NextStep = "Work on the text here, or ask {{contact}}."
		return []*policy.Document{look(d, v)}
	},
}
