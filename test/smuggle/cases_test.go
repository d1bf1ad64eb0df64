package smuggle

import (
	"fmt"
	"strings"
)

// want says what Referee may do with a case.
type want uint8

const (
	mustPass   want = iota // an ordinary request: it must arrive, so that the cases around it mean something
	mayPass                // one unambiguous request may arrive, or none
	mustRefuse             // nothing may arrive
)

// rawCase is what a client sends. {H} is the host with port, {C} a Cookie line with its end, {I} the case's id, {S} a
// whole request that must never arrive by itself.
type rawCase struct {
	name string
	raw  string
	want want
	max  int // requests that may arrive; 0 means 1
}

// smuggled stands for {S}: had a server read it as a request, the recorder would show its target.
const smuggled = "GET /smuggled/{I} HTTP/1.1\r\nHost: {H}\r\n{C}\r\n"

// fill puts the values in.
func fill(raw, host, cookie, id string) string {
	raw = strings.ReplaceAll(raw, "{S}", smuggled)
	return strings.NewReplacer("{H}", host, "{C}", cookie, "{I}", id).Replace(raw)
}

// get is a GET with further lines, each with its end.
func get(lines string) string { return "GET /{I}/ HTTP/1.1\r\nHost: {H}\r\n{C}" + lines + "\r\n" }

// post is a POST with further lines and a body.
func post(lines, body string) string {
	return "POST /{I}/ HTTP/1.1\r\nHost: {H}\r\n{C}Content-Type: text/plain\r\n" + lines + "\r\n" + body
}

// chunked is a POST whose lines say how it is framed and whose body is in chunks, with a request behind it for who
// reads Content-Length instead.
func chunked(lines string) string {
	return post(lines, "3\r\nabc\r\n0\r\n\r\n")
}

// line is a request line with the rest of an ordinary request.
func line(l string) string { return l + "\r\nHost: {H}\r\n{C}\r\n" }

// toHost is a GET with another Host field.
func toHost(h string) string { return "GET /{I}/ HTTP/1.1\r\nHost: " + h + "\r\n{C}\r\n" }

func rawCases() []rawCase {
	var all []rawCase
	for _, group := range [][]rawCase{ordinary, lengths, codings, chunks, lineEnds, fieldNames, hostFields, requestLines, connections, sizes} {
		all = append(all, group...)
	}
	return all
}

var ordinary = []rawCase{
	{name: "GET", raw: get(""), want: mustPass},
	{name: "POST with Content-Length", raw: post("Content-Length: 3\r\n", "abc"), want: mustPass},
	{name: "POST in chunks", raw: chunked("Transfer-Encoding: chunked\r\n"), want: mustPass},
	{name: "HEAD", raw: strings.Replace(get(""), "GET", "HEAD", 1), want: mustPass},
	{name: "two requests at once", raw: get("") + get(""), want: mustPass, max: 2},
	{name: "GET with a body that is a request", raw: get("Content-Length: {L}\r\n") + "{S}", want: mayPass},
	{name: "HEAD with a body that is a request", raw: strings.Replace(get("Content-Length: {L}\r\n"), "GET", "HEAD", 1) + "{S}", want: mayPass},
	{name: "POST with a body that is a request", raw: post("Content-Length: {L}\r\n", "{S}"), want: mustPass},
	{name: "body shorter than announced", raw: post("Content-Length: 300\r\n", "abc"), want: mayPass},
	{name: "chunks without an end", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"), want: mayPass},
}

var lengths = []rawCase{
	{name: "Content-Length twice, the same", raw: post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), want: mayPass},
	{name: "Content-Length twice, different", raw: post("Content-Length: 3\r\nContent-Length: {L}\r\n", "abc{S}"), want: mustRefuse},
	{name: "Content-Length a list", raw: post("Content-Length: 3, 3\r\n", "abc"), want: mayPass},
	{name: "Content-Length a list of different ones", raw: post("Content-Length: 3, 4\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length with a plus", raw: post("Content-Length: +3\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length negative", raw: post("Content-Length: -3\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length in hexadecimal", raw: post("Content-Length: 0x3\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length with an underscore", raw: post("Content-Length: 0_3\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length with leading zeros", raw: post("Content-Length: 003\r\n", "abc"), want: mayPass},
	{name: "Content-Length empty", raw: post("Content-Length:\r\n", "{S}"), want: mustRefuse},
	{name: "Content-Length beyond 64 bits", raw: post("Content-Length: 18446744073709551619\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length with a vertical tab", raw: post("Content-Length: \x0b3\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length with text behind", raw: post("Content-Length: 3 abc\r\n", "abc"), want: mustRefuse},
	{name: "Content-Length of Arabic digits", raw: post("Content-Length: \xd9\xa3\r\n", "abc"), want: mustRefuse},
	{name: "space before the colon of Content-Length", raw: post("Content-Length : {L}\r\n", "{S}"), want: mustRefuse},
	{name: "Content_Length", raw: post("Content_Length: {L}\r\n", "{S}"), want: mayPass, max: 2},
}

var codings = []rawCase{
	{name: "CL.TE", raw: post("Content-Length: {L5}\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n{S}"), want: mayPass, max: 2},
	{name: "TE.CL", raw: post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "{X}\r\n{S}\r\n0\r\n\r\n"), want: mayPass},
	{name: "TE before CL", raw: post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "{X}\r\n{S}\r\n0\r\n\r\n"), want: mayPass},
	{name: "TE twice", raw: chunked("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), want: mustRefuse},
	{name: "TE twice, then identity", raw: chunked("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), want: mustRefuse},
	{name: "TE twice, first unknown", raw: chunked("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"), want: mustRefuse},
	{name: "TE xchunked", raw: chunked("Transfer-Encoding: xchunked\r\n"), want: mustRefuse},
	{name: "TE identity", raw: post("Transfer-Encoding: identity\r\nContent-Length: 3\r\n", "abc"), want: mustRefuse},
	{name: "TE gzip, chunked", raw: chunked("Transfer-Encoding: gzip, chunked\r\n"), want: mustRefuse},
	{name: "TE chunked, identity", raw: chunked("Transfer-Encoding: chunked, identity\r\n"), want: mustRefuse},
	{name: "TE chunked, chunked", raw: chunked("Transfer-Encoding: chunked, chunked\r\n"), want: mustRefuse},
	{name: "TE ,chunked", raw: chunked("Transfer-Encoding: ,chunked\r\n"), want: mustRefuse},
	{name: "TE chunked;q=1", raw: chunked("Transfer-Encoding: chunked;q=1\r\n"), want: mustRefuse},
	{name: "TE quoted", raw: chunked("Transfer-Encoding: \"chunked\"\r\n"), want: mustRefuse},
	{name: "TE in capitals", raw: chunked("Transfer-Encoding: CHUNKED\r\n"), want: mayPass},
	{name: "TE behind a tab", raw: chunked("Transfer-Encoding:\tchunked\r\n"), want: mayPass},
	{name: "TE behind a vertical tab", raw: chunked("Transfer-Encoding: \x0bchunked\r\n"), want: mustRefuse},
	{name: "TE with NUL behind", raw: chunked("Transfer-Encoding: chunked\x00\r\n"), want: mustRefuse},
	{name: "TE empty", raw: post("Transfer-Encoding:\r\nContent-Length: 3\r\n", "abc"), want: mustRefuse},
	{name: "space before the colon of TE", raw: post("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), want: mustRefuse},
	{name: "TE on a folded line", raw: post("Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), want: mayPass},
	{name: "TE hidden in a fold", raw: post("Content-Length: 5\r\nX: y\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), want: mayPass},
	{name: "TE behind a bare line feed", raw: post("Content-Length: {L5}\r\nX: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n{S}"), want: mayPass, max: 2},
	{name: "TE behind a bare carriage return", raw: post("Content-Length: 5\r\nX: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), want: mustRefuse},
	{name: "Transfer_Encoding", raw: post("Content-Length: 5\r\nTransfer_Encoding: chunked\r\n", "0\r\n\r\n"), want: mayPass},
	{name: "TE in HTTP/1.0", raw: strings.Replace(chunked("Transfer-Encoding: chunked\r\n"), "HTTP/1.1", "HTTP/1.0", 1), want: mayPass},
	{name: "TE on GET", raw: get("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", want: mayPass},
	{name: "CL.TE on HEAD", raw: strings.Replace(get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "GET", "HEAD", 1) + "0\r\n\r\n", want: mayPass},
}

var chunks = []rawCase{
	{name: "chunk extension", raw: post("Transfer-Encoding: chunked\r\n", "3;a=b\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk extension with a bare line feed", raw: post("Transfer-Encoding: chunked\r\n", "3;a\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk extension of 64 kB", raw: post("Transfer-Encoding: chunked\r\n", "3;"+strings.Repeat("a", 64<<10)+"\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk extensions without end", raw: post("Transfer-Encoding: chunked\r\n", strings.Repeat("1;"+strings.Repeat("a", 2000)+"\r\nx\r\n", 200)+"0\r\n\r\n"), want: mayPass},
	{name: "chunk size 0x3", raw: post("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk size +3", raw: post("Transfer-Encoding: chunked\r\n", "+3\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk size -1", raw: post("Transfer-Encoding: chunked\r\n", "-1\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk size behind a space", raw: post("Transfer-Encoding: chunked\r\n", " 3\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "space behind a chunk size", raw: post("Transfer-Encoding: chunked\r\n", "3 \r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk size beyond 64 bits", raw: post("Transfer-Encoding: chunked\r\n", "10000000000000003\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk size empty", raw: post("Transfer-Encoding: chunked\r\n", "\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk size with a bare line feed", raw: post("Transfer-Encoding: chunked\r\n", "3\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "chunk data with a bare line feed", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\n0\r\n\r\n"), want: mayPass},
	{name: "chunk data longer than said", raw: post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n"), want: mayPass},
	{name: "last chunk of many zeros", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n00000000\r\n\r\n"), want: mayPass},
	{name: "last chunk, then a bare line feed", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\n\n"), want: mayPass},
	{name: "trailer Content-Length", raw: post("Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n", "3\r\nabc\r\n0\r\nContent-Length: 50\r\n\r\n"), want: mayPass},
	{name: "trailer Transfer-Encoding", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), want: mayPass},
	{name: "trailer Host", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nHost: evil.test\r\n\r\n"), want: mayPass},
	{name: "trailer Cookie", raw: post("Transfer-Encoding: chunked\r\nTrailer: Cookie\r\n", "3\r\nabc\r\n0\r\nCookie: a=b\r\n\r\n"), want: mayPass},
	{name: "trailer without a colon", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nabc\r\n\r\n"), want: mayPass},
	{name: "trailers of 1 MB", raw: post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nA: "+strings.Repeat("a", 1<<20)+"\r\n\r\n"), want: mayPass},
}

var lineEnds = []rawCase{
	{name: "bare line feeds everywhere", raw: strings.ReplaceAll(get(""), "\r\n", "\n"), want: mayPass},
	{name: "bare line feed behind the request line", raw: "GET /{I}/ HTTP/1.1\nHost: {H}\r\n{C}\r\n", want: mayPass},
	{name: "empty line of a bare line feed", raw: "GET /{I}/ HTTP/1.1\r\nHost: {H}\r\n{C}\n", want: mayPass},
	{name: "bare carriage return in a value", raw: get("X: a\rb\r\n"), want: mustRefuse},
	{name: "two carriage returns at the end of a line", raw: get("X: a\r\r\n"), want: mayPass},
	{name: "bare carriage return as the empty line", raw: "GET /{I}/ HTTP/1.1\r\nHost: {H}\r\n{C}\r\r\n\r\n", want: mustRefuse},
	{name: "NUL in a value", raw: get("X: a\x00b\r\n"), want: mustRefuse},
	{name: "NUL in a name", raw: get("X\x00Y: a\r\n"), want: mustRefuse},
	{name: "DEL in a value", raw: get("X: a\x7fb\r\n"), want: mustRefuse},
	{name: "backspace in a value", raw: get("X: a\x08b\r\n"), want: mustRefuse},
	{name: "bytes above 127 in a value", raw: get("X: \xc3\xa4\xff\r\n"), want: mayPass},
	{name: "empty line before the request", raw: "\r\n" + get(""), want: mayPass},
	{name: "many empty lines before the request", raw: strings.Repeat("\r\n", 50) + get(""), want: mayPass},
	{name: "space before the request", raw: " " + get(""), want: mayPass},
}

var fieldNames = []rawCase{
	{name: "folded value", raw: get("X: a\r\n b\r\n"), want: mayPass},
	{name: "fold as the first line", raw: "GET /{I}/ HTTP/1.1\r\n X: a\r\nHost: {H}\r\n{C}\r\n", want: mayPass},
	{name: "folded Host", raw: "GET /{I}/ HTTP/1.1\r\nHost: {H}\r\n .evil.test\r\n{C}\r\n", want: mustRefuse},
	{name: "space in a name", raw: get("X Y: a\r\n"), want: mustRefuse},
	{name: "space behind a name", raw: get("X : a\r\n"), want: mustRefuse},
	{name: "tab behind a name", raw: get("X\t: a\r\n"), want: mustRefuse},
	{name: "empty name", raw: get(": a\r\n"), want: mustRefuse},
	{name: "line without a colon", raw: get("abc\r\n"), want: mustRefuse},
	{name: "brackets in a name", raw: get("X(y): a\r\n"), want: mustRefuse},
	{name: "bytes above 127 in a name", raw: get("X\xc3\xa4: a\r\n"), want: mustRefuse},
	{name: "underscore in a name", raw: get("X_Y: a\r\n"), want: mayPass},
}

var hostFields = []rawCase{
	{name: "no Host", raw: "GET /{I}/ HTTP/1.1\r\n{C}\r\n", want: mustRefuse},
	{name: "Host empty", raw: toHost(""), want: mustRefuse},
	{name: "Host twice, the same", raw: "GET /{I}/ HTTP/1.1\r\nHost: {H}\r\nHost: {H}\r\n{C}\r\n", want: mustRefuse},
	{name: "Host twice, different", raw: "GET /{I}/ HTTP/1.1\r\nHost: {H}\r\nHost: evil.test\r\n{C}\r\n", want: mustRefuse},
	{name: "Host a list", raw: toHost("{H}, evil.test"), want: mustRefuse},
	{name: "Host with userinfo", raw: toHost("evil.test@{H}"), want: mustRefuse},
	{name: "Host as userinfo", raw: toHost("{H}@evil.test"), want: mustRefuse},
	{name: "Host with a path", raw: toHost("{H}/evil"), want: mustRefuse},
	{name: "Host with a query", raw: toHost("{H}?evil"), want: mustRefuse},
	{name: "Host with a fragment", raw: toHost("{H}#evil"), want: mustRefuse},
	{name: "Host with a scheme", raw: toHost("https://{H}"), want: mustRefuse},
	{name: "Host with a space inside", raw: toHost("{H} evil.test"), want: mustRefuse},
	{name: "Host with a tab behind", raw: toHost("{H}\t"), want: mayPass},
	{name: "Host with a backslash", raw: toHost("evil.test\\{H}"), want: mustRefuse},
	{name: "Host percent-encoded", raw: toHost("%66iles{H}"), want: mustRefuse},
	{name: "Host with another port", raw: toHost("{N}:1"), want: mustRefuse},
	{name: "Host without its port", raw: toHost("{N}"), want: mustRefuse},
	{name: "Host with two ports", raw: toHost("{H}:443"), want: mustRefuse},
	{name: "Host with a port of letters", raw: toHost("{N}:https"), want: mustRefuse},
	{name: "Host with a port beyond 65535", raw: toHost("{N}:{P+}"), want: mustRefuse},
	{name: "Host with zeros before the port", raw: toHost("{N}:0{P}"), want: mustRefuse},
	{name: "Host with a signed port", raw: toHost("{N}:+{P}"), want: mustRefuse},
	{name: "Host with a dot behind the name", raw: toHost("{N}.:{P}"), want: mustRefuse},
	{name: "Host with two dots behind the name", raw: toHost("{N}..:{P}"), want: mustRefuse},
	{name: "Host with a dot before", raw: toHost(".{H}"), want: mustRefuse},
	{name: "Host in capitals", raw: toHost("{HU}"), want: mayPass},
	{name: "Host in brackets", raw: toHost("[{N}]:{P}"), want: mustRefuse},
	{name: "Host an address", raw: toHost("127.0.0.1:{P}"), want: mustRefuse},
	{name: "Host an IPv6 address", raw: toHost("[::1]:{P}"), want: mustRefuse},
	{name: "Host of another tenant", raw: toHost("{O}"), want: mustRefuse},
	{name: "Host of nobody", raw: toHost("nobody.{H}"), want: mustRefuse},
	{name: "Host the app's own", raw: toHost("files.app.localhost"), want: mustRefuse},
	{name: "Host with NUL behind", raw: toHost("{H}\x00.evil.test"), want: mustRefuse},
	{name: "Host with bytes above 127", raw: toHost("\xc3\xa4{H}"), want: mustRefuse},
	{name: "Host and an X-Forwarded-Host", raw: get("X-Forwarded-Host: evil.test\r\nForwarded: host=evil.test\r\n"), want: mayPass},
}

var requestLines = []rawCase{
	{name: "absolute form, same host", raw: line("GET https://{H}/{I}/ HTTP/1.1"), want: mayPass},
	{name: "absolute form, other host", raw: line("GET https://evil.test/{I}/ HTTP/1.1"), want: mustRefuse},
	{name: "absolute form, other tenant", raw: line("GET https://{O}/{I}/ HTTP/1.1"), want: mustRefuse},
	{name: "absolute form, mapped, Host is another's", raw: "GET https://{H}/{I}/ HTTP/1.1\r\nHost: evil.test\r\n{C}\r\n", want: mayPass},
	{name: "absolute form with userinfo", raw: line("GET https://a:b@{H}/{I}/ HTTP/1.1"), want: mayPass},
	{name: "absolute form, http", raw: line("GET http://{H}/{I}/ HTTP/1.1"), want: mayPass},
	{name: "absolute form, another scheme", raw: line("GET file://{H}/{I}/ HTTP/1.1"), want: mayPass},
	{name: "absolute form without a path", raw: line("GET https://{H}?{I} HTTP/1.1"), want: mayPass},
	{name: "two spaces", raw: line("GET  /{I}/ HTTP/1.1"), want: mustRefuse},
	{name: "tabs for spaces", raw: line("GET\t/{I}/\tHTTP/1.1"), want: mustRefuse},
	{name: "space in the target", raw: line("GET /{I}/ a HTTP/1.1"), want: mustRefuse},
	{name: "space behind the version", raw: line("GET /{I}/ HTTP/1.1 "), want: mustRefuse},
	{name: "version in lower case", raw: line("GET /{I}/ http/1.1"), want: mustRefuse},
	{name: "version 1.2", raw: line("GET /{I}/ HTTP/1.2"), want: mayPass},
	{name: "version 2.0", raw: line("GET /{I}/ HTTP/2.0"), want: mayPass},
	{name: "version 11", raw: line("GET /{I}/ HTTP/11"), want: mustRefuse},
	{name: "version 1.10", raw: line("GET /{I}/ HTTP/1.10"), want: mustRefuse},
	{name: "version 0.9", raw: "GET /{I}/\r\n\r\n", want: mustRefuse},
	{name: "HTTP/1.0 without a host", raw: "GET /{I}/ HTTP/1.0\r\n{C}\r\n", want: mustRefuse},
	{name: "method in lower case", raw: line("get /{I}/ HTTP/1.1"), want: mayPass},
	{name: "unknown method", raw: line("BREW /{I}/ HTTP/1.1"), want: mayPass},
	{name: "method with a bracket", raw: line("GE(T /{I}/ HTTP/1.1"), want: mustRefuse},
	{name: "TRACE", raw: line("TRACE /{I}/ HTTP/1.1"), want: mayPass},
	{name: "CONNECT", raw: "CONNECT evil.test:443 HTTP/1.1\r\nHost: {H}\r\n{C}\r\n", want: mustRefuse},
	{name: "CONNECT to this host", raw: "CONNECT {H} HTTP/1.1\r\nHost: {H}\r\n{C}\r\n", want: mustRefuse},
	{name: "CONNECT with a path", raw: line("CONNECT /{I}/ HTTP/1.1"), want: mustRefuse},
	{name: "PRI", raw: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", want: mustRefuse},
	{name: "OPTIONS *", raw: "OPTIONS * HTTP/1.1\r\nHost: {H}\r\n{C}\r\n", want: mayPass},
	{name: "GET *", raw: "GET * HTTP/1.1\r\nHost: {H}\r\n{C}\r\n", want: mayPass},
	{name: "target without a slash", raw: line("GET {I} HTTP/1.1"), want: mustRefuse},
	{name: "target with two slashes first", raw: line("GET //evil.test/{I}/ HTTP/1.1"), want: mayPass},
	{name: "target with a fragment", raw: line("GET /{I}/#a HTTP/1.1"), want: mayPass},
	{name: "target with NUL", raw: line("GET /{I}/\x00 HTTP/1.1"), want: mustRefuse},
	{name: "target with bytes above 127", raw: line("GET /{I}/\xc3\xa4 HTTP/1.1"), want: mayPass},
	{name: "target with a backslash", raw: line("GET /{I}\\..\\a HTTP/1.1"), want: mayPass},
	{name: "target with an encoded line end", raw: line("GET /{I}/%0d%0aX:%20y HTTP/1.1"), want: mayPass},
	{name: "target with an encoded NUL", raw: line("GET /{I}/%00 HTTP/1.1"), want: mayPass},
	{name: "target with a broken escape", raw: line("GET /{I}/%zz HTTP/1.1"), want: mayPass},
	{name: "target with dots", raw: line("GET /{I}/../../%2e%2e/a HTTP/1.1"), want: mayPass},
	{name: "line end in the query", raw: line("GET /{I}/?a=\rb HTTP/1.1"), want: mustRefuse},
	{name: "one's own path behind dots", raw: line("GET /{I}/../.referee/controls HTTP/1.1"), want: mayPass},
}

var connections = []rawCase{
	{name: "Connection names Cookie", raw: get("Connection: keep-alive, Cookie\r\n"), want: mayPass},
	{name: "Connection names Host", raw: get("Connection: Host\r\n"), want: mayPass},
	{name: "Connection names Content-Length", raw: post("Connection: Content-Length\r\nContent-Length: {L}\r\n", "{S}"), want: mayPass},
	{name: "Connection names Transfer-Encoding", raw: chunked("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n"), want: mayPass},
	{name: "Upgrade to h2c", raw: get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), want: mayPass},
	{name: "Upgrade to WebSocket, not granted", raw: get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") + "{S}", want: mayPass, max: 2},
	{name: "Upgrade to WebSocket, bad version", raw: get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 1\r\nSec-WebSocket-Key: x\r\n"), want: mayPass},
	{name: "Upgrade to something with a body", raw: post("Connection: Upgrade\r\nUpgrade: something\r\nContent-Length: {L}\r\n", "{S}"), want: mayPass},
	{name: "Proxy-Connection", raw: get("Proxy-Connection: keep-alive\r\n"), want: mayPass},
	{name: "TE: trailers", raw: get("TE: trailers, gzip\r\nConnection: TE\r\n"), want: mayPass},
	{name: "Expect: 100-continue", raw: post("Expect: 100-continue\r\nContent-Length: 3\r\n", "abc"), want: mayPass},
	{name: "Expect: 100-continue, body a request", raw: post("Expect: 100-continue\r\nContent-Length: {L}\r\n", "{S}"), want: mayPass},
	{name: "Expect: something", raw: post("Expect: something\r\nContent-Length: {L}\r\n", "{S}"), want: mayPass},
	{name: "Expect obfuscated", raw: post("Expect: y 100-continue\r\nContent-Length: {L}\r\n", "{S}"), want: mayPass},
	{name: "refused, body a request", raw: "POST /.referee/{I} HTTP/1.1\r\nHost: {H}\r\n{C}Content-Length: {L}\r\n\r\n{S}", want: mustRefuse},
}

var sizes = []rawCase{
	{name: "a field of 100 kB", raw: get("X: " + strings.Repeat("a", 100<<10) + "\r\n"), want: mustRefuse},
	{name: "a target of 100 kB", raw: line("GET /{I}/" + strings.Repeat("a", 100<<10) + " HTTP/1.1"), want: mustRefuse},
	{name: "5,000 fields", raw: get(strings.Repeat("X: abcdefghijklmnop\r\n", 5000)), want: mustRefuse},
	{name: "cookies of 50 kB", raw: get("Cookie: a=" + strings.Repeat("b", 50<<10) + "\r\n"), want: mayPass},
	{name: "3,000 cookies", raw: get("Cookie: " + manyCookies(3000) + "\r\n"), want: mayPass},
	{name: "session cookie twice", raw: get("{C}"), want: mayPass},
	{name: "session cookie with another value first", raw: "GET /{I}/ HTTP/1.1\r\nHost: {H}\r\nCookie: __Host-referee=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n{C}\r\n", want: mayPass},
	{name: "cookie with control characters", raw: get("Cookie: a=\x01\r\n"), want: mustRefuse},
	{name: "cookie without a name", raw: get("Cookie: =b; ;;=; a\r\n"), want: mayPass},
	{name: "a name of 30 kB", raw: get(strings.Repeat("x", 30<<10) + ": a\r\n"), want: mayPass},
}

func manyCookies(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "c%d=1; ", i)
	}
	return b.String()
}
