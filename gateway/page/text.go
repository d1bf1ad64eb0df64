package page

import "net/http"

// Default words of block pages, for policies without a message. Placeholders are filled by the gateway.
const (
	BlockedDownload = "Your organisation allows this file to be read here, but not to be saved on this device."
	BlockedUpload   = "Your organisation does not allow this file to be uploaded from this device."
	BlockedOther    = "Your organisation does not allow this from this device."
	TitleDownload   = "This file can't be downloaded here"
	TitleUpload     = "This file can't be uploaded here"
	TitleOther      = "This action is not allowed here"
	NoticeTitle     = "Your use of this app is monitored"
	NoticeText      = "Your organisation protects {{app}} with Referee. What you open, download, upload and change here is recorded, and some actions may be stopped. Nothing is recorded outside this app."
)

// CanDo says what still works when a download or an upload was stopped.
func CanDo(download, managed bool) []string {
	switch {
	case download && !managed:
		return []string{"Open and read the file here in the browser.", "Use a device that your organisation manages.", "Ask for an exception with the button below."}
	case download:
		return []string{"Open and read the file here in the browser.", "Ask for an exception with the button below."}
	case !managed:
		return []string{"Use a device that your organisation manages.", "Ask for an exception with the button below."}
	}
	return []string{"Ask for an exception with the button below."}
}

// What a block message says in the place of {{found}}.
const (
	FoundLabel   = "the label "
	FoundNothing = "content that could not be checked"
	FoundMore    = "and %d more"
)

// Words are the words of an error page.
type Words struct{ Title, Message string }

// The errors of the gateway.
var (
	NotServed = Words{"This address is not served here", "No app of your organisation has this address. Check it, or open the app from your organisation's app list."}
	Refused   = Words{"This request can't be handled", "The request is malformed, or mixes up two addresses. Nothing was passed on."}
	SignIn    = Words{"Sign in again", "Your session has ended, or this part of the app can't see it. Reload the page to sign in."}
	NotKept   = Words{"Sign in, and send it again", "Your session had ended, and what you were sending is too large to keep until you have signed in. It was not sent. Sign in, go back, and send it again."}
	HandOver  = Words{"The sign-in could not be completed", "The link that brings you from sign-in to the app works once, for half a minute and in one browser. Open the app again."}
	AppDown   = Words{"The app does not answer", "Referee could not reach the app. It is not your connection, and nothing that you sent was stored by Referee."}
	AppSlow   = Words{"The app takes too long", "The app did not answer in time. Try again in a moment."}
	NotNow    = Words{"Referee can't check this now", "A part that has to record or decide this does not answer, so the action was stopped to be safe. Reading and other work goes on. Try again in a few minutes."}
	NoRoom    = Words{"There is no room to check this file", "A policy has this file checked before it moves, and Referee's disk has no room to hold it meanwhile. Nothing was passed on. Other work goes on. Tell your administrator, and try again later."}
	NoScript  = Words{"This page came apart", "The app's page could not be read safely, so it was not shown."}
	// Credentials is shown in the place of a page of an app's own sign-in service.
	Credentials = Words{"Nothing is typed here", "Passwords and codes are typed at the sign-in service itself, never at an address of Referee's, so this page is not shown. Open the app again. If you come back here, tell your administrator: the service wants to ask you something in between."}
	Ended       = Words{"Your session has ended", "An administrator, you, or the time limit ended this session."}
)

// StatusOf gives the words of a status that the gateway makes itself.
func StatusOf(status int) Words {
	switch status {
	case http.StatusGatewayTimeout:
		return AppSlow
	case http.StatusBadGateway:
		return AppDown
	case http.StatusServiceUnavailable:
		return NotNow
	case http.StatusInsufficientStorage:
		return NoRoom
	case http.StatusMisdirectedRequest, http.StatusNotFound:
		return NotServed
	case http.StatusUnauthorized:
		return SignIn
	}
	return Refused
}
