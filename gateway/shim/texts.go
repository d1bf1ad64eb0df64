package shim

import "strings"

// texts are the words of the script's own making, in English; a control's key is its notice's title.
var texts = map[string]string{
	"shownBy":            "Referee, for {brand}",
	"close":              "Close",
	"requestAccess":      "Request access",
	"giveReason":         "Give a reason and continue",
	"confirmYou":         "Confirm it’s you",
	"confirmed":          "Thank you, that’s confirmed",
	"onceMore":           "Now do it once more.",
	"reference":          "Reference for your helpdesk:",
	"stopped":            "Your organisation's policy for this session doesn't allow it.",
	"refused":            "This was stopped",
	"printed":            "Printing is not allowed in this session. Referee, for {brand}.",
	string(Copy):         "Copying is not allowed here",
	string(Cut):          "Cutting is not allowed here",
	string(Paste):        "Pasting is not allowed here",
	string(Print):        "Printing is not allowed here",
	string(DragOut):      "Dragging content out is not allowed here",
	string(SavePicker):   "Saving to this device is not allowed here",
	string(BlobDownload): "Downloading is not allowed here",
	string(Upload):       "Uploading is not allowed here",
}

// DefaultTexts returns a fresh copy of the English words, the brand's name filled in.
func DefaultTexts(brand string) map[string]string {
	if brand == "" {
		brand = "your organisation"
	}
	out := make(map[string]string, len(texts))
	for k, v := range texts {
		out[k] = strings.ReplaceAll(v, "{brand}", brand)
	}
	return out
}
