package filesapp

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/referee-casb/referee/fault"
)

// fileView is a document as pages and API show it. Its URLs are absolute, on three hosts.
type fileView struct {
	ID         string    `json:"id"`
	Folder     string    `json:"folder"`
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Size       int64     `json:"size"`
	Modified   time.Time `json:"modified"`
	ModifiedBy string    `json:"modifiedBy"`
	Version    int       `json:"version"`
	SHA256     string    `json:"sha256"`
	Editable   bool      `json:"editable"`
	Discarded  bool      `json:"discarded,omitempty"`
	WebURL     string    `json:"webUrl"`      // page on the App host
	ContentURL string    `json:"contentUrl"`  // original bytes on the API host, with a bearer token
	Download   string    `json:"downloadUrl"` // original bytes on the CDN host, signed
	Open       string    `json:"openUrl"`     // the same, to be shown by the browser
	Pages      []string  `json:"pageUrls"`    // preview pictures on the CDN host, signed
	TextPage   string    `json:"textPageUrl,omitempty"`
}

func (a *App) view(f *file) fileView {
	v := fileView{
		ID: f.ID, Folder: f.Folder, Name: f.Name, Type: f.Type, Size: f.Size, Modified: f.Modified, ModifiedBy: f.By, Version: f.Version,
		SHA256: f.SHA256, Editable: f.editable(), Discarded: f.gone,
		WebURL: origin(a.cfg.Hosts.App) + "/files/" + f.ID, ContentURL: origin(a.cfg.Hosts.API) + "/v1/files/" + f.ID + "/content",
		Download: a.downloadURL(f), Open: a.openURL(f), Pages: a.pictureURLs(f),
	}
	if v.Editable {
		v.TextPage = a.signedURL(textPagePath(f), nil)
	}
	return v
}

// SizeText is for people.
func (v fileView) SizeText() string {
	switch n := float64(v.Size); {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", v.Size)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", n/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MB", n/(1<<20))
	default:
		return fmt.Sprintf("%.1f GB", n/(1<<30))
	}
}

// ModifiedText is for people.
func (v fileView) ModifiedText() string { return v.Modified.UTC().Format("2 January 2006, 15:04 UTC") }

// IsPDF reports whether the viewer opens it.
func (v fileView) IsPDF() bool { return v.Type == "application/pdf" }

func (a *App) views(folderID string) []fileView {
	out := []fileView{}
	for _, f := range a.store.list(folderID) {
		out = append(out, a.view(f))
	}
	return out
}

type folderView struct {
	Folder folder
	Files  []fileView
}

func (a *App) serveFolder(w http.ResponseWriter, r *http.Request, v *visitor) error {
	fo, err := a.folderFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	a.show(w, http.StatusOK, "folder", "folder", v, fo.ID, map[string]any{"folder": fo.ID, "events": "/events"}, folderView{fo, a.views(fo.ID)})
	return nil
}

// documentView is the view of all pages about one document.
type documentView struct {
	File   fileView
	Folder folder
	Body   string // text of an editable document
	Ways   []way
	Ready  bool // the PDF viewer is installed
}

// document shows one of the pages about a document.
func (a *App) document(w http.ResponseWriter, r *http.Request, v *visitor, name string, more func(*file, *documentView, map[string]any) error) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	fo, _ := a.store.folder(f.Folder)
	d := documentView{File: a.view(f), Folder: fo}
	data := map[string]any{"file": d.File, "presence": "wss://" + a.cfg.Hosts.App + "/presence?file=" + f.ID, "frame": origin(a.cfg.Hosts.CDN) + "/frame/preview"}
	if more != nil {
		if err := more(f, &d, data); err != nil {
			return err
		}
	}
	a.show(w, http.StatusOK, name, name, v, f.Folder, data, d)
	return nil
}

func (a *App) serveFile(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return a.document(w, r, v, "file", nil)
}

func (a *App) serveEdit(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return a.document(w, r, v, "edit", func(f *file, _ *documentView, _ map[string]any) error {
		if !f.editable() {
			return fault.New(fault.Invalid, "filesapp.serveEdit", "only text documents can be edited here")
		}
		return nil
	})
}

// serveView is the viewer: pdf.js draws the original bytes in the page.
func (a *App) serveView(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return a.document(w, r, v, "view", func(f *file, d *documentView, data map[string]any) error {
		if f.Type != "application/pdf" || f.gone {
			return fault.New(fault.Invalid, "filesapp.serveView", "the viewer shows PDF documents only")
		}
		d.Ready = a.pdfjsInstalled()
		data["ready"] = d.Ready
		return nil
	})
}

func (a *App) servePrint(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return a.document(w, r, v, "print", func(f *file, d *documentView, _ map[string]any) error {
		if f.editable() {
			_, d.Body = splitFrontMatter(string(f.data))
		}
		return nil
	})
}

func writeManifest(w io.Writer, app, static string) {
	_ = json.NewEncoder(w).Encode(map[string]any{ // the browser went away; nothing is left to do
		"name": "Files", "short_name": "Files", "start_url": app + "/", "scope": app + "/", "display": "browser",
		"icons": []map[string]string{{"src": static + "/mark.svg", "sizes": "any", "type": "image/svg+xml"}},
	})
}
