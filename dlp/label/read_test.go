package label

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	amber = "9c215d82-5bf5-4d07-af41-65de05a9c87a"
	site  = "72f988bf-86f1-41af-91ab-2d7cd011db47"
)

func packed(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func deflated(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := io.WriteString(z, text)
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func read(data string) ([]Label, error) {
	return Read(io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))))
}

func TestRead(t *testing.T) {
	t.Parallel()
	info := `<?xml version="1.0"?><clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{` + strings.ToUpper(amber) + `}" enabled="1" method="Privileged" siteId="{` + site + `}" contentBits="8" removed="0"/></clbl:labelList>`
	custom := func(id, name string) string {
		return `<Properties xmlns:vt="v"><property name="Other"><vt:lpwstr>x</vt:lpwstr></property><property name="MSIP_Label_` + id + `_Enabled"><vt:lpwstr>true</vt:lpwstr></property>` +
			`<property name="MSIP_Label_` + id + `_Name"><vt:lpwstr>` + name + `</vt:lpwstr></property><property name="MSIP_Label_` + id + `_ContentBits"><vt:lpwstr>3</vt:lpwstr></property></Properties>`
	}
	want := []Label{{ID: amber, SiteID: site, Method: "Privileged", Enabled: true, ContentBits: 8}}
	for name, c := range map[string]struct {
		data string
		want []Label
		err  error
	}{
		"LabelInfo wins":            {packed(t, "docProps/custom.xml", custom(site, "Old"), "docMetadata/LabelInfo.xml", info), want, nil},
		"other case":                {packed(t, "DOCMETADATA/labelinfo.XML", info), want, nil},
		"properties":                {packed(t, "docProps/custom.xml", custom(amber, "Amber &amp; red")), []Label{{ID: amber, Name: "Amber & red", Enabled: true, ContentBits: 3}}, nil},
		"no label":                  {packed(t, "docProps/custom.xml", `<Properties/>`), nil, nil},
		"other zip":                 {packed(t, "a.txt", "x"), nil, nil},
		"broken part":               {packed(t, "docMetadata/LabelInfo.xml", "<a><b>"), nil, ErrDamaged},
		"cut zip":                   {packed(t, "docMetadata/LabelInfo.xml", info)[:80], nil, ErrDamaged},
		"encrypted with its labels": {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 x " + info + " y", want, nil},
		"encrypted":                 {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", nil, ErrHidden},
		"PDF information": {
			"%PDF-1.7\n1 0 obj <</MSIP_Label_" + amber + "_Enabled(true) /MSIP_Label_" + amber + "_Name(\\(A\\)mber) /MSIP_Label_" + amber + "_Method (\xfe\xff\x00P\x00r\x00i\x00v\x00i\x00l\x00e\x00g\x00e\x00d)>>",
			[]Label{{ID: amber, Name: "(A)mber", Method: "Privileged", Enabled: true}},
			nil,
		},
		"PDF packed": {
			"%PDF-1.7\n1 0 obj <</Filter/FlateDecode>>stream\r\n" + deflated(t, "<pdfx:MSIP_Label_"+amber+"_Enabled>true</pdfx:MSIP_Label_"+amber+"_Enabled><x pdfx:MSIP_Label_"+amber+"_SiteId=\""+site+"\"/>") + "\nendstream",
			[]Label{{ID: amber, SiteID: site, Enabled: true}},
			nil,
		},
		"PDF without":   {"%PDF-1.7\n1 0 obj <<>>stream\nx\nendstream", nil, nil},
		"PDF encrypted": {"%PDF-1.7\ntrailer <</Encrypt 2 0 R>>", nil, ErrHidden},
		"mail":          {"From: a@b.example\r\nmsip_labels: MSIP_Label_" + amber + "_Enabled=True;\r\n MSIP_Label_" + amber + "_SiteId=" + site + ";\r\nSubject: s\r\n\r\nx", []Label{{ID: amber, SiteID: site, Enabled: true}}, nil},
		"text":          {"no msip_labels: here", nil, nil},
		"no id":         {packed(t, "docMetadata/LabelInfo.xml", `<l><label id="../x" enabled="1"/></l>`), nil, nil},
		"empty":         {"", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(c.data)
			if len(got) == 0 {
				got = nil
			}
			if !errors.Is(err, c.err) || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, %v, want %+v, %v", got, err, c.want, c.err)
			}
		})
	}
}

// TestRealDocuments reads labelled and encrypted documents of other projects, where they lie beside this one.
func TestRealDocuments(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../shared/data/labelled/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("../shared/data/labelled is not here")
	}
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // listed above
		if err != nil {
			t.Fatal(err)
		}
		labels, err := read(string(data))
		if got, werr := write(t, string(data), Change{Label: confidential(), Marking: marks()}); werr == nil {
			if again, err := read(got); err != nil || !slices.ContainsFunc(again, func(l Label) bool { return l.ID == amber && l.SiteID == ours }) {
				t.Errorf("%s, labelled: %+v, %v", file, again, err)
			}
		} else if len(labels) > 0 || !errors.Is(werr, ErrHidden) && !errors.Is(werr, ErrUnsupported) {
			t.Errorf("%s: %v", file, werr)
		}
		switch name := filepath.Base(file); {
		case strings.HasPrefix(name, "labelinfo"), strings.HasPrefix(name, "msip"):
			if err != nil || len(labels) == 0 || !labels[0].Enabled || labels[0].SiteID == "" {
				t.Errorf("%s: %+v, %v", name, labels, err)
			}
		case strings.HasPrefix(name, "encrypted") && !strings.Contains(name, ".doc_") && len(labels) > 0:
			t.Errorf("%s: %+v", name, labels)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("%PDF-1.7 /MSIP_Label_" + amber + "_Enabled(true)"))
	f.Add([]byte("From: a\nmsip_labels: MSIP_Label_" + amber + "_Enabled=True\n\n"))
	f.Add([]byte(packed(f, "docProps/custom.xml", `<p><property name="MSIP_Label_`+amber+`_Enabled"><x>true</x></property></p>`)))
	for _, sample := range samples(f) {
		f.Add([]byte(sample))
	}
	f.Add([]byte(twoPages("", "/Info 9 0 R", "<</MSIP_Label_"+public+"_Enabled (true)>>")))
	f.Fuzz(func(t *testing.T, data []byte) {
		labels, _ := read(string(data))
		got, err := write(t, string(data), Change{Label: confidential(), Marking: marks()})
		if err == nil {
			// What was written has the label for every reader, ours too, and can be changed again.
			again, err := read(got)
			if err != nil || !slices.ContainsFunc(again, func(l Label) bool { return l.ID == amber }) {
				t.Fatalf("labelled: %+v, %v", again, err)
			}
			if _, err := write(t, got, Change{Label: confidential()}); err != nil {
				t.Fatalf("the second time: %v", err)
			}
		}
		for _, l := range labels {
			if guid(l.ID) != l.ID || l.SiteID != "" && guid(l.SiteID) != l.SiteID {
				t.Fatalf("%+v", l)
			}
		}
	})
}
