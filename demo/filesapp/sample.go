package filesapp

import "strings"

// Canary begins the marker in the original bytes of every sample document, uncompressed. The whole marker is
// [CanaryOf] the document. It stands in the front matter of a text, in comment and metadata of a PDF, in the
// properties of an Office file, in a text chunk of a picture: in places that a reader of the document doesn't
// see and that preview pictures and the editor don't show. So it marks the original bytes and nothing else; a
// test that finds it knows which file went. It never stands in a URL, a page or a list.
const Canary = "REFEREE-CANARY-4f9a7c21"

// CanaryOf returns the marker of the sample with this id.
func CanaryOf(id string) string { return Canary + "." + id + "." }

// Sample describes a document that every new [App] has.
type Sample struct {
	ID     string
	Folder string
	Name   string
	Type   string
	Canary string
}

// Samples lists the documents in a fixed order.
func Samples() []Sample {
	var out []Sample
	for _, s := range samples() {
		out = append(out, Sample{ID: s.id, Folder: s.folder, Name: s.name, Type: mediaTypeOf(s.name), Canary: CanaryOf(s.id)})
	}
	return out
}

// FolderBoard and the others are the ids of the folders.
const (
	FolderBoard    = "board-papers" // for the groups board and staff
	FolderProjects = "projects"     // for everybody who is signed in
	FolderInbox    = "inbox"        // empty at the start
	FolderMeasure  = "measurements" // keeps size and hash, discards the bytes
)

func sampleFolders() []folder {
	return []folder{
		{ID: FolderBoard, Name: "Board papers", Note: "Papers for the next meeting of the board.", Groups: []string{"board", "staff"}},
		{ID: FolderProjects, Name: "Projects", Note: "Shared with partners and contractors."},
		{ID: FolderInbox, Name: "Inbox", Note: "Drop files here."},
		{ID: FolderMeasure, Name: "Measurements", Note: "Size and hash of an upload are kept, its bytes are discarded.", Discard: true},
	}
}

// page is a page of a document as it is read: a heading and lines. A line with tabs is a row of a table.
type page struct {
	Title string
	Lines []string
}

// sample is a document by its pages and the function that makes its original bytes from them.
type sample struct {
	id, folder, name string
	pages            []page
	make             func(canary string, pages []page) []byte
}

func samples() []sample {
	return []sample{
		{"agenda", FolderBoard, "Board agenda.txt", []page{agendaPage}, textFile},
		{"report", FolderBoard, "Quarterly report.pdf", reportPages, pdfFile},
		{"memo", FolderBoard, "Strategy memo.docx", []page{memoPage}, docxFile},
		{"budget", FolderBoard, "Budget.xlsx", []page{budgetPage}, xlsxFile},
		{"headcount", FolderBoard, "Headcount.csv", []page{headcountPage}, csvFile},
		{"plan", FolderBoard, "Site plan.png", []page{planPage}, pngFile},
		{"pack", FolderBoard, "Board pack.zip", []page{agendaPage}, zipFile},
		{"brief", FolderProjects, "Project brief.txt", []page{briefPage}, textFile},
		{"handbook", FolderProjects, "Handbook.pdf", handbookPages, pdfFile},
		{"vendors", FolderProjects, "Vendors.csv", []page{vendorsPage}, csvFile},
	}
}

func (a *App) loadSamples() error {
	for _, s := range samples() {
		data := s.make(CanaryOf(s.id), s.pages)
		f := file{ID: s.id, Folder: s.folder, Name: s.name, Type: mediaTypeOf(s.name), Size: int64(len(data)), SHA256: hashOf(data), By: "Company secretary", data: data, pages: s.pages}
		if s.name == "Site plan.png" || strings.HasSuffix(s.name, ".txt") || strings.HasSuffix(s.name, ".zip") {
			f.pages = nil // shown from the bytes themselves, or not at all
		}
		if err := a.store.take(f.Size); err != nil {
			return err
		}
		if _, err := a.store.put(f, 0); err != nil {
			return err
		}
	}
	return nil
}

var agendaPage = page{"Agenda of the board meeting", []string{
	"Place: head office, large meeting room. Papers close two days before.",
	"",
	"1. Minutes of the last meeting, for approval",
	"2. Quarterly report: revenue, cost, outlook",
	"3. Budget of the coming year, first reading",
	"4. New site: plan, price, risks",
	"5. Strategy: which markets to leave",
	"6. Any other business",
	"",
	"Each paper is for members of the board and for those who prepare it.",
}}

var reportPages = []page{
	{"Quarterly report", []string{
		"Confidential. For the board only.", "",
		"Revenue grew by four per cent against the quarter before. Services did most",
		"of it; hardware fell for the third time in a row.", "",
		"Line\tThis quarter\tLast quarter\tChange",
		"Services\t41.2\t38.0\t+8.4 %",
		"Licences\t18.9\t18.6\t+1.6 %",
		"Hardware\t7.3\t8.1\t-9.9 %",
		"Total\t67.4\t64.7\t+4.2 %", "",
		"All figures in millions.",
	}},
	{"Outlook", []string{
		"Orders on hand cover five months of work. Two large contracts end in spring;",
		"talks about their renewal have begun.", "",
		"Risk\tLikely\tEffect\tAnswer",
		"Renewal fails\tsome\thigh\toffer shared savings",
		"Delay of new site\tlikely\tmedium\tkeep old lease",
		"Energy price\tsome\tlow\tfixed until autumn",
	}},
	{"Decisions asked for", []string{
		"1. Take note of the report.", "2. Free the reserve for the new site.", "3. Close the hardware line by the end of next year.", "",
		"The papers behind these numbers are in the same folder.",
	}},
}

var memoPage = page{"Strategy memo", []string{
	"The company earns in two markets and is present in five.", "",
	"This memo proposes to leave two of them within a year, to sell the third,", "and to put the people who become free into services.", "",
	"What speaks for it: margin, focus, fewer suppliers.", "What speaks against it: two long customers, one works council agreement.",
}}

var budgetPage = page{"Budget", []string{
	"Item\tPlan\tLast year", "People\t31200\t29800", "Premises\t4100\t3650", "Systems\t5200\t4900", "Travel\t640\t720", "Reserve\t2500\t2000",
}}

var headcountPage = page{"Headcount", []string{
	"Department\tFilled\tOpen", "Board office\t4\t0", "Services\t212\t18", "Hardware\t63\t0", "Operations\t88\t5", "Sales\t54\t3",
}}

var planPage = page{"Site plan", []string{"Hall", "Office", "Yard", "Parking"}}

var briefPage = page{"Project brief", []string{
	"The project moves the customer portal to the new platform.", "",
	"Start: after the freeze. End: before the audit.", "Contractors work on their own machines and read documents in the browser.", "",
	"- Week 1: inventory", "- Week 2: first customer moved", "- Week 4: half of all customers moved",
}}

var handbookPages = []page{
	{"Handbook for partners", []string{"Welcome. This handbook says how we work together.", "", "Read documents in the browser. Ask your contact if you need a file on your machine."}},
	{"Who to ask", []string{"Service desk\tfor access", "Project office\tfor dates", "Security\twhen something looks wrong"}},
}

var vendorsPage = page{"Vendors", []string{"Vendor\tArea\tUntil", "Vendor A\tcleaning\t2027", "Vendor B\tnetwork\t2026", "Vendor C\tcatering\t2028"}}
