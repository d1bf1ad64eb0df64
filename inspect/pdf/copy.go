package pdf

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/klippa-app/go-pdfium/requests"

	"github.com/referee-casb/referee/dlp/extract"
)

// file is a file in the document, to be handed on.
type file struct {
	name string
	data []byte
	sum  [sha256.Size]byte
}

// keep holds a file back until the document's instance is not needed any more.
func (d *document) keep(name string, data []byte) error {
	sum := sha256.Sum256(data)
	for _, f := range d.files {
		if f.sum == sum {
			return nil // found another way before
		}
	}
	if d.held+int64(len(data)) > d.to.Member() {
		return d.to.Note(name, extract.Limited, fmt.Sprintf("files in the PDF of more than %d MB together", d.to.Member()>>20))
	}
	d.held += int64(len(data))
	d.files = append(d.files, file{name, data, sum})
	return nil
}

// handOn reads the files in the document.
func (d *document) handOn() error {
	for i := range d.files {
		f := &d.files[i]
		if err := d.to.File(f.name, bytes.NewReader(f.data)); err != nil {
			return err
		}
		f.data = nil
	}
	return nil
}

// attachments keeps the files that the document lists.
func (d *document) attachments() error {
	count, err := d.in.FPDFDoc_GetAttachmentCount(&requests.FPDFDoc_GetAttachmentCount{Document: d.doc})
	if trapped(err) {
		return engine(err)
	}
	if err != nil {
		return nil //nolint:nilerr // there is no list
	}
	for i := range count.AttachmentCount {
		a, err := d.in.FPDFDoc_GetAttachment(&requests.FPDFDoc_GetAttachment{Document: d.doc, Index: i})
		if trapped(err) {
			return engine(err)
		}
		name := fmt.Sprintf("attachment %d", i+1)
		if err != nil {
			if err := d.to.Note(name, extract.Corrupt, "the file in the PDF is damaged"); err != nil {
				return err
			}
			continue
		}
		if got, err := d.in.FPDFAttachment_GetName(&requests.FPDFAttachment_GetName{Attachment: a.Attachment}); trapped(err) {
			return engine(err)
		} else if err == nil && got.Name != "" {
			name = got.Name
		}
		if err := d.to.Text(name); err != nil {
			return err
		}
		got, err := d.in.FPDFAttachment_GetFile(&requests.FPDFAttachment_GetFile{Attachment: a.Attachment})
		switch {
		case trapped(err):
			return engine(err)
		case err != nil:
			err = d.to.Note(name, extract.Corrupt, "the file in the PDF can't be unpacked")
		case len(got.Contents) > 0:
			err = d.keep(name, bytes.Clone(got.Contents))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copied reads the document's objects from a copy that PDFium writes: decrypted, of the last revision, each object on its
// own, and what PDFium takes the document to be, not what another reader might.
func (d *document) copied() error {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		o := &objects{d: d, in: bufio.NewReaderSize(r, 64<<10)}
		err := o.read()
		_ = r.CloseWithError(errCopy) // ends the writing if it goes on
		done <- err
	}()
	// The sink is the reader's until it is done: this goroutine is within PDFium.
	_, err := d.in.FPDF_SaveAsCopy(&requests.FPDF_SaveAsCopy{Document: d.doc, Flags: requests.SaveFlagRemoveSecurity, FileWriter: w})
	_ = w.CloseWithError(io.EOF)
	if rerr := <-done; rerr != nil {
		return rerr
	}
	if trapped(err) {
		return engine(err)
	}
	if err != nil {
		return d.to.Note("objects", extract.Corrupt, "properties, notes, fields and files of the PDF can't be read")
	}
	return nil
}

var errCopy = errors.New("no more of the copy is read")
