package extract

import "io"

// format reads one kind of file: from front to back, or jumping about in it.
type format struct {
	stream func(*run, io.Reader) error
	random func(*run, *io.SectionReader) error
}

// all are the kinds that can be read. A file of another kind is unsupported. It is a function, because archives lead back
// to it.
func all() map[Kind]format {
	return map[Kind]format{
		Empty:     {stream: func(*run, io.Reader) error { return nil }},
		Text:      {stream: plainText},
		HTML:      {stream: htmlText},
		XML:       {stream: xmlText},
		JSON:      {stream: jsonText},
		RTF:       {stream: rtfText},
		Mail:      {stream: mailText},
		Mailbox:   {stream: mailboxText},
		Calendar:  {stream: calendarText},
		Zip:       {random: zipText},
		Tar:       {stream: tarText},
		Gzip:      {stream: gzipText},
		Bzip2:     {stream: bzip2Text},
		Zstandard: {stream: zstdText},
		Office97:  {random: office97Text},
		PDF:       {random: pdfText},

		OpenDocument: {stream: flatText}, // the one that is a single XML; zips are told later
		XZ:           {stream: xzText},
		LZMA:         {stream: lzmaText},
		LZ4:          {stream: lz4Text},
		Rar:          {stream: rarText},
		SevenZip:     {random: sevenZipText},
	}
}
