package cli

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDLP(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	card := s.write(t, "card.txt", "Visa 4111 1111 1111 1111, Visa 4111-1111-1111-1111\n")
	binary := s.write(t, "image.bin", "\x00\x01\x02\x03\xe0 Visa 4111 1111 1111 1111")
	late := s.write(t, "late.bin", "MZ Visa 4111 1111 1111 1111"+strings.Repeat(" fill", 100_000)+"\xff\x00")
	folder := filepath.Join(filepath.Dir(card), "folder")
	if err := os.MkdirAll(filepath.Join(folder, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.write(t, "folder/below/latin.txt", "caf\xe9 Visa 4111 1111 1111 1111")
	s.write(t, "folder/mail.eml", "From: a@b.example\nTo: c@d.example\nSubject: s\nmsip_labels: MSIP_Label_9c215d82-5bf5-4d07-af41-65de05a9c87a_Enabled=True\nContent-Transfer-Encoding: base64\n\n"+
		base64.StdEncoding.EncodeToString([]byte("Visa 4111 1111 1111 1111")))
	locked := s.write(t, "locked.pdf", "From: a@b\nTo: c@d\nSubject: s\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMII")
	bill := s.write(t, "bill.txt", "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"+
		"4 0 obj<</Length 59>>stream\nBT /F 12 Tf 9 700 Td (Visa 4111 ) Tj (1111 1111 1111) Tj ET \nendstream endobj 5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj trailer<</Root 1 0 R>>\n%%EOF")
	empty := s.write(t, "empty.txt", "nothing\n")
	own := s.write(t, "own.yaml", "kind: InformationType\nid: case-number\nname: Case number\npatterns: [{regexp: 'C-\\d{4}'}]\n---\nkind: InformationTypeBundle\nid: helpdesk\nname: Helpdesk\ntypes: [case-number]\n")
	cases := s.write(t, "cases.txt", "C-1234 and Visa 4111 1111 1111 1111")
	wrong := s.write(t, "wrong.yaml", "kind: InformationType\nid: X\nname: x\npatterns: []\n")
	for name, c := range map[string]struct {
		args []string
		code int
		want []string
		not  string
	}{
		"found":       {[]string{"dlp", "scan", card}, 0, []string{"found", "credit-card-number", "85", " 2 ", " 1"}, "4111"},
		"json":        {[]string{"dlp", "scan", "--json", card}, 0, []string{`"verdict":"found"`, `{"type":"credit-card-number","confidence":85,"count":2,"unique":1}`}, "4111"},
		"masked":      {[]string{"dlp", "scan", "--matches", "5", "--type", "credit-card-number", card}, 0, []string{"#### #### #### ####", "####-####-####-####"}, "4111"},
		"last":        {[]string{"dlp", "scan", "--matches", "1", "--last", "4", "--bundle", "pci", card}, 0, []string{"#### #### #### 1111"}, "4111 1"},
		"unsupported": {[]string{"dlp", "scan", binary}, 0, []string{"unsupported: of no known kind"}, "clean"},
		"binary text": {[]string{"dlp", "scan", "--json", late}, 0, []string{`"verdict":"found"`, `"kind":"text"`}, "clean"},
		"folder":      {[]string{"dlp", "scan", "--json", folder}, 0, []string{`latin.txt","kind":"text","bytes":29,"status":"complete","verdict":"found"`, `mail.eml","kind":"mail"`, `"labels":[{"id":"9c215d82-5bf5-4d07-af41-65de05a9c87a"`}, "clean"},
		"labels":      {[]string{"dlp", "scan", folder}, 0, []string{"LABEL", "9c215d82-5bf5-4d07-af41-65de05a9c87a"}, "clean"},
		"encrypted":   {[]string{"dlp", "scan", "--json", locked}, 0, []string{`"status":"encrypted","verdict":"encrypted","reason":"`, `"findings":[]`}, "clean"},
		"pdf":         {[]string{"dlp", "scan", "--json", bill}, 0, []string{`"kind":"pdf"`, `"status":"complete","verdict":"found"`, `"type":"credit-card-number"`}, "clean"},
		"failed":      {[]string{"dlp", "scan", card + ".none", empty}, 0, []string{"failed: can't be opened", "clean"}, "found"},
		"high only":   {[]string{"dlp", "scan", "--confidence", "85", empty}, 0, []string{"clean"}, "found"},
		"own":         {[]string{"dlp", "scan", "--own", own, "--bundle", "helpdesk", cases}, 0, []string{"case-number", "75"}, "credit"},
		"mistakes":    {[]string{"dlp", "scan", "--own", wrong, card}, 2, []string{`2:5: id: "X" is not an id`, "patterns: has 0 patterns"}, "found"},
		"type":        {[]string{"dlp", "scan", "--type", "nothing", card}, 5, []string{"dlp types list"}, "found"},
		"bundle":      {[]string{"dlp", "scan", "--bundle", "nothing", card}, 5, []string{"is no bundle"}, "found"},
		"level":       {[]string{"dlp", "scan", "--confidence", "80", card}, 2, []string{"65, 75 or 85"}, "found"},
		"no file":     {[]string{"dlp", "scan"}, 2, []string{"takes files"}, "found"},
		"list":        {[]string{"dlp", "types", "list", "--own", own}, 0, []string{"international-banking-account-number", "case-number"}, "GUID"},
		"list json":   {[]string{"dlp", "types", "list", "--json"}, 0, []string{`"50842eb7-edc8-4019-85dd-5a5c1f2bb085"`}, "case-number"},
		"bundles":     {[]string{"dlp", "types", "list", "--bundles"}, 0, []string{"gdpr", "hipaa", "pci"}, "iban"},
		"show":        {[]string{"dlp", "types", "show", "uk-national-insurance-number"}, 0, []string{"HMRC", "75, 85 with a keyword near"}, "iban"},
		"show none":   {[]string{"dlp", "types", "show", "none"}, 5, []string{"is no information type"}, "iban"},
	} {
		got := s.run(t, "contoso-reader", c.args...)
		all := got.out + got.notes
		for _, w := range c.want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: no %q in %s", name, w, all)
			}
		}
		if got.code != c.code || strings.Contains(all, c.not) {
			t.Errorf("%s: exit %d, %s", name, got.code, all)
		}
	}
}
