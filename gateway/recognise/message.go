package recognise

import "github.com/referee-casb/referee/model"

// Message tells whether a WebSocket message is a file by its first bytes (up to HeadSize), and what file. A text message is
// one only by the signature of a document or archive: media can't be text. Files inside an envelope of the app's own, or
// encoded as text, have no signature at their beginning and are not seen.
func Message(head []byte, binary bool) (model.File, bool) {
	n := natureOf(head)
	if n == natureNone || n == natureMedia && !binary {
		return model.File{Size: -1}, false
	}
	return model.File{Size: -1, TrueMIME: trueMIME(head)}, true
}
