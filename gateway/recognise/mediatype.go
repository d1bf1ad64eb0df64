package recognise

import "strings"

// Class is what an answer is for.
type Class uint8

// The classes.
const (
	ClassEmpty Class = iota // no body
	ClassPage               // HTML
	ClassCode               // script, style, WebAssembly
	ClassData               // JSON, XML, event streams, RPC, text that a script reads
	ClassMedia              // images, fonts, audio, video
	ClassFile               // documents, archives, programs, and everything unknown
)

// classes are the declared types that are not files. A type that is not here is a file: fail closed.
var classes = map[string]Class{
	"text/html": ClassPage, "application/xhtml+xml": ClassPage,
	"text/css": ClassCode, "text/javascript": ClassCode, "application/javascript": ClassCode, "application/x-javascript": ClassCode,
	"application/ecmascript": ClassCode, "application/wasm": ClassCode, "text/ecmascript": ClassCode,
	"application/json": ClassData, "application/manifest+json": ClassData, "application/ld+json": ClassData, "application/problem+json": ClassData,
	"application/x-ndjson": ClassData, "application/jsonl": ClassData, "application/json-seq": ClassData, "application/graphql-response+json": ClassData,
	"text/event-stream": ClassData, "application/xml": ClassData, "text/xml": ClassData, "application/atom+xml": ClassData, "application/rss+xml": ClassData,
	"application/soap+xml": ClassData, "application/x-www-form-urlencoded": ClassData, "multipart/form-data": ClassData, "multipart/mixed": ClassData,
	"application/grpc": ClassData, "application/grpc-web": ClassData, "application/grpc-web+proto": ClassData, "application/grpc-web-text": ClassData,
	"application/x-protobuf": ClassData, "application/protobuf": ClassData, "application/x-protobuffer": ClassData, "application/msgpack": ClassData, "application/x-msgpack": ClassData,
	"application/vnd.google.octet-stream-compressible": ClassData, "text/plain": ClassData, "text/x-component": ClassData,
	"application/vnd.apple.mpegurl": ClassMedia, "application/x-mpegurl": ClassMedia, "application/dash+xml": ClassMedia, "text/vtt": ClassMedia,
	"application/font-woff": ClassMedia, "application/font-woff2": ClassMedia, "application/x-font-ttf": ClassMedia, "application/vnd.ms-fontobject": ClassMedia,
	"application/ogg": ClassMedia, "multipart/x-mixed-replace": ClassMedia,
}

// fileExtensions are names that people know as files. They matter for text types, which have no signature.
var fileExtensions = map[string]bool{
	"txt": true, "csv": true, "tsv": true, "md": true, "log": true, "rtf": true, "tex": true, "eml": true, "msg": true, "mbox": true, "ics": true, "vcf": true,
	"pdf": true, "doc": true, "docx": true, "docm": true, "dot": true, "dotx": true, "xls": true, "xlsx": true, "xlsm": true, "xlsb": true,
	"ppt": true, "pptx": true, "pptm": true, "pps": true, "ppsx": true, "odt": true, "ods": true, "odp": true, "pages": true, "numbers": true, "key": true,
	"zip": true, "7z": true, "rar": true, "tar": true, "gz": true, "tgz": true, "bz2": true, "xz": true, "zst": true, "iso": true, "dmg": true,
	"exe": true, "msi": true, "dll": true, "apk": true, "jar": true, "bat": true, "ps1": true, "sh": true, "sql": true, "sqlite": true, "db": true, "parquet": true,
	"dwg": true, "dxf": true, "psd": true, "ai": true, "eps": true, "tif": true, "tiff": true, "vsd": true, "vsdx": true, "mpp": true, "one": true, "pst": true, "epub": true,
}

// hasFileExtension reports whether a name ends like a file that people keep.
func hasFileExtension(name string) bool {
	i := strings.LastIndexByte(name, '.')
	if i < 0 || len(name)-i > 9 {
		return false
	}
	ext := name[i+1:]
	if fileExtensions[ext] {
		return true
	}
	for k := range len(ext) {
		if c := ext[k]; c >= 'A' && c <= 'Z' {
			return fileExtensions[strings.ToLower(ext)]
		}
	}
	return false
}

// cutType returns a declared media type in lower case without parameters. It allocates only for upper case.
func cutType(contentType string) (base, params string) {
	base, params, _ = strings.Cut(contentType, ";")
	base = strings.TrimSpace(base)
	for i := range len(base) {
		if c := base[i]; c >= 'A' && c <= 'Z' {
			return strings.ToLower(base), params
		}
	}
	return base, params
}

// classOf returns the class of a declared type.
func classOf(mime string) Class {
	if c, ok := classes[mime]; ok {
		return c
	}
	switch {
	case mime == "":
		return ClassFile
	case strings.HasPrefix(mime, "font/"):
		return ClassMedia
	case mime == "image/svg+xml":
		return ClassMedia
	case strings.HasPrefix(mime, "image/"):
		if mime == "image/tiff" || mime == "image/vnd.adobe.photoshop" || mime == "image/vnd.dwg" {
			return ClassFile
		}
		return ClassMedia
	case strings.HasPrefix(mime, "audio/"), strings.HasPrefix(mime, "video/"):
		return ClassMedia
	case strings.HasSuffix(mime, "+json"):
		return ClassData
	case strings.HasSuffix(mime, "+xml"):
		// Office documents in one XML file are files; feeds and messages are data.
		if strings.HasPrefix(mime, "application/vnd.") {
			return ClassFile
		}
		return ClassData
	}
	return ClassFile
}
