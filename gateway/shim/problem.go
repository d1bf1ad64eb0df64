package shim

// ProblemType is the prefix of every problem document of Referee's.
const ProblemType = "urn:referee:"

// ProblemMedia is the media type that the script looks for, on any answer with a status from 400.
const ProblemMedia = "application/problem+json"

// stepUpMedia is the media type of a refusal that a step-up undoes. The script knows by the head alone that the page's
// request waits, before the page hears of an answer.
const stepUpMedia = ProblemMedia + "; referee=stepup"

// Problem is the body (RFC 9457) the gateway answers a refused fetch or XMLHttpRequest with. The
// page receives it as it is; the script shows it to the person as well. Cross-origin answers are
// readable to the script only with the CORS headers that the app's own answer would have had.
type Problem struct {
	Type   string `json:"type"` // "urn:referee:blocked", …: ProblemType and a kind
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"` // plain text
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"` // reference code
	// RequestURL is the broker's page for asking an exception, ConfirmURL the one that takes a
	// reason or a stronger sign-in. The script shows links to Config.Broker only.
	RequestURL string `json:"requestUrl,omitempty"`
	ConfirmURL string `json:"confirmUrl,omitempty"`
	// Watch tells how a step-up stands that the request waits for; Resume, when it is there, sends the request again.
	Watch  string `json:"watch,omitempty"`
	Resume string `json:"resume,omitempty"`
	Silent bool   `json:"silent,omitempty"` // nothing is shown
}

// Media is the document's media type.
func (p *Problem) Media() string {
	if p.Watch != "" {
		return stepUpMedia
	}
	return ProblemMedia
}
