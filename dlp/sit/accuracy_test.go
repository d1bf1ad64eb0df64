package sit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/corpus"
)

//go:generate go test . -run ^TestAccuracy$ -count=1 -timeout 20m -args -accuracy ../../docs/reference/dlp-accuracy.md

var accuracyPage = flag.String("accuracy", "", "write the page of precision and recall to this file")

// sharedData holds inputs that others made and that are not part of the project.
const sharedData = "../../../shared/data/dlp/"

// score is how often a type was found where it is, and where it isn't.
type score struct{ valid, found, invalid, wrong int }

// TestAccuracy measures recall with numbers and sentences that others labelled, and false positives in text that holds
// none. In an ordinary run the text is little, and only what must not happen is looked at.
func TestAccuracy(t *testing.T) {
	t.Parallel()
	e, err := dlp.New(All())
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := vectorScores(t, e)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("skipped: ../shared/data/dlp is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	sentences := sentenceScores(t, e)
	size := 500_000
	if *accuracyPage != "" {
		size = 20_000_000
	}
	negatives := falsePositives(t, e, size)

	var all score
	for _, s := range vectors {
		all.valid, all.found, all.invalid, all.wrong = all.valid+s.valid, all.found+s.found, all.invalid+s.invalid, all.wrong+s.wrong
	}
	if all.found*100 < all.valid*95 || all.wrong*100 > all.invalid*5 {
		t.Errorf("of the number vectors %d of %d valid and %d of %d invalid ones are found", all.found, all.valid, all.wrong, all.invalid)
	}
	for _, n := range negatives {
		if high := n.perMB(dlp.High); high > 5 {
			t.Errorf("%.1f findings of high confidence a MB of %s", high, n.name)
		}
	}
	if *accuracyPage != "" {
		if err := os.WriteFile(*accuracyPage, []byte(accuracy(vectors, sentences, negatives)), 0o644); err != nil { //nolint:gosec // a page
			t.Fatal(err)
		}
	}
}

// vectorTypes says which type finds the numbers of a format of the vectors. Formats that no type is for are left out.
var vectorTypes = map[string]string{
	"ar/cbu": "argentina-cbu", "ar/cuit": "argentina-unique-tax-identification-key", "ar/dni": "argentina-national-identity-numbers",
	"at/uid": "austria-value-added-tax", "at/tin": "austria-tax-identification-number", "at/vnr": "austria-social-security-number",
	"au/abn": "australia-business-number", "au/acn": "australia-company-number", "au/tfn": "australia-tax-file-number",
	"ba/jmbg": "yugoslav-unique-master-citizen-number", "be/nn": "belgium-national-number", "be/insz": "belgium-national-number", "be/bis": "belgium-national-number", "be/vat": "belgium-value-added-tax-number",
	"bg/egn": "bulgaria-uniform-civil-number", "bg/vat": "bulgaria-value-added-tax-number", "br/cnpj": "brazil-legal-entity-number", "br/cpf": "brazil-cpf-number",
	"ca/bn": "canada-business-number", "ca/sin": "canada-social-insurance-number", "ch/ssn": "switzerland-ssn-ahv-number", "ch/uid": "switzerland-uid",
	"cl/rut": "chile-identity-card-number", "cn/ric": "china-resident-identity-card-number", "cn/uscc": "china-unified-social-credit-identifier", "co/nit": "colombia-nit",
	"cy/vat": "cyprus-tax-identification-number", "cz/dic": "czech-value-added-tax-number", "cz/rc": "czech-personal-identity-number",
	"de/idnr": "germany-tax-identification-number", "de/passport": "germany-passport-number", "de/svnr": "germany-social-insurance-number", "de/vat": "germany-value-added-tax-number",
	"dk/cpr": "denmark-personal-identification-number", "dk/cvr": "denmark-cvr-number", "do/cedula": "dominican-republic-identity-card-number", "ec/ci": "ecuador-identity-card-number",
	"ee/ik": "estonia-personal-identification-code", "ee/kmkr": "estonia-value-added-tax-number", "es/dni": "spain-dni", "es/nie": "spain-dni", "es/nif": "spain-tax-identification-number", "es/cif": "spain-tax-identification-number", "es/nss": "spain-social-security-number",
	"fi/hetu": "finland-national-id", "fi/ytunnus": "finland-business-id", "fr/nif": "france-tax-identification-number", "fr/nir": "france-social-security-number", "fr/siren": "france-siren-siret", "fr/siret": "france-siren-siret", "fr/tva": "france-value-added-tax-number",
	"gb/nino": "uk-national-insurance-number", "gb/utr": "uk-unique-taxpayer-reference-number", "gb/vat": "uk-value-added-tax-number", "gr/amka": "greece-social-security-number", "gr/vat": "greece-tax-identification-number",
	"hk/hkid": "hong-kong-identity-card-number", "hr/oib": "croatia-personal-identification-number", "hu/anum": "hungary-value-added-tax-number", "id/npwp": "indonesia-npwp", "ie/pps": "ireland-personal-public-service-number",
	"il/idnr": "israel-national-identification-number", "in/aadhaar": "india-unique-identification-number", "in/epic": "india-voter-id-card", "in/gstin": "india-gst-number", "in/pan": "india-permanent-account-number", "is/kennitala": "iceland-kennitala",
	"it/codicefiscale": "italy-fiscal-code", "it/iva": "italy-value-added-tax-number", "jp/cn": "japan-my-number-corporate", "kr/brn": "south-korea-business-registration-number", "kr/rrn": "south-korea-resident-registration-number",
	"lk/nic": "sri-lanka-nic", "lt/asmens": "lithuania-personal-code", "lu/tva": "luxemburg-value-added-tax-number", "lv/pvn": "latvia-personal-code", "mt/vat": "malta-value-added-tax-number", "mx/clabe": "mexico-clabe", "mx/rfc": "mexico-rfc", "my/nric": "malaysia-identification-card-number",
	"nl/bsn": "netherlands-citizens-service-number", "nl/btw": "netherlands-value-added-tax-number", "no/fodselsnummer": "norway-identification-number", "no/orgnr": "norway-organisation-number", "nz/ird": "new-zealand-inland-revenue-number", "nz/bank": "new-zealand-bank-account-number",
	"pe/ruc": "peru-ruc", "pk/cnic": "pakistan-cnic", "pl/nip": "poland-tax-identification-number", "pl/pesel": "poland-national-id", "pl/regon": "poland-regon-number", "pt/cc": "portugal-citizen-card-number", "pt/nif": "portugal-tax-identification-number",
	"ro/cif": "romania-tax-identification-number", "ro/cnp": "romania-personal-numeric-code", "ro/cui": "romania-tax-identification-number", "ru/inn": "russia-inn", "se/orgnr": "sweden-organisation-number", "se/vat": "sweden-organisation-number", "se/personnummer": "sweden-national-id",
	"si/ddv": "slovenia-tax-identification-number", "sk/dph": "slovakia-value-added-tax-number", "th/idnr": "thai-population-identification-code", "tr/tckimlik": "turkey-national-identification-number", "tw/natid": "taiwan-national-identification-number", "tw/ui": "taiwan-resident-certificate-number", "ua/rntrc": "ukraine-tax-number",
	"us/ein": "us-employer-identification-number", "us/ssn": "us-social-security-number", "uy/cedula": "uruguay-identity-card-number", "ve/rif": "venezuela-rif", "za/idnr": "south-africa-identification-number",
}

// vectorScores scans each number after a keyword of its type.
func vectorScores(t *testing.T, e *dlp.Engine) (map[string]score, error) {
	text, err := os.ReadFile(sharedData + "stdnumjs_vectors.json")
	if err != nil {
		return nil, err
	}
	var vectors []struct{ Format, Input, Expect string }
	if err := json.Unmarshal(text, &vectors); err != nil {
		return nil, err
	}
	types := map[string]dlp.Type{}
	for _, one := range All() {
		types[one.ID] = one
	}
	scores := map[string]score{}
	for _, v := range vectors {
		id := vectorTypes[v.Format]
		one, ok := types[id]
		if !ok {
			if id != "" {
				t.Errorf("%s: there is no type %s", v.Format, id)
			}
			continue
		}
		s := scores[id]
		found := len(scanned(t, e, keywordOf(one)+" "+strings.TrimSpace(v.Input), id)) > 0
		switch {
		case v.Expect == "valid":
			s.valid++
			if found {
				s.found++
			} else {
				t.Logf("not found: %s %q", id, v.Input)
			}
		default:
			s.invalid++
			if found {
				s.wrong++
				t.Logf("found: %s %q, which is %s", id, v.Input, v.Expect)
			}
		}
		scores[id] = s
	}
	return scores, nil
}

// keywordOf is a keyword that supports all patterns of a type.
func keywordOf(t dlp.Type) string {
	for _, p := range t.Patterns {
		if len(p.Keywords) > 0 {
			return p.Keywords[0]
		}
	}
	if len(t.Keywords) > 0 {
		return t.Keywords[0]
	}
	return ""
}

func scanned(t *testing.T, e *dlp.Engine, text string, ids ...string) []model.Finding {
	t.Helper()
	r, err := e.Scan(t.Context(), strings.NewReader(text), dlp.Options{Types: ids})
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

// sentenceTypes says which type finds what the sentences label.
var sentenceTypes = map[string]string{
	"CREDIT_CARD": "credit-card-number", "PHONE_NUMBER": "phone-number", "EMAIL_ADDRESS": "e-mail-address", "IBAN_CODE": "international-banking-account-number",
	"US_SSN": "us-social-security-number", "IP_ADDRESS": "ip-address-v4", "US_DRIVER_LICENSE": "us-drivers-license-number",
}

// sentenceScores scans the labelled sentences: found is a match that overlaps the label, wrong one that overlaps none.
// A card number without its check digit is no card, and counts neither way.
func sentenceScores(t *testing.T, e *dlp.Engine) map[string]score {
	text, err := os.ReadFile(sharedData + "presidio_research_synth_v2.json")
	if err != nil {
		t.Fatal(err)
	}
	var sentences []struct {
		Text  string `json:"full_text"`
		Spans []struct {
			Type  string `json:"entity_type"`
			Value string `json:"entity_value"`
			Start int    `json:"start_position"`
			End   int    `json:"end_position"`
		}
	}
	if err := json.Unmarshal(text, &sentences); err != nil {
		t.Fatal(err)
	}
	scores := map[string]score{}
	for _, sentence := range sentences {
		runes := []rune(sentence.Text)
		for label, id := range sentenceTypes {
			ids := []string{id}
			if id == "ip-address-v4" {
				ids = append(ids, "ip-address-v6")
			}
			r, err := e.Scan(t.Context(), strings.NewReader(sentence.Text), dlp.Options{Types: ids, Matches: 100})
			if err != nil {
				t.Fatal(err)
			}
			s := scores[id]
			matched := make([]bool, len(r.Matches))
			for _, span := range sentence.Spans {
				if span.Type != label {
					continue
				}
				start := int64(len(string(runes[:span.Start])))
				end := int64(len(string(runes[:span.End])))
				hit := false
				for i, m := range r.Matches {
					if m.Start < end && m.End > start {
						hit, matched[i] = true, true
					}
				}
				if label == "CREDIT_CARD" && !luhn([]byte(span.Value)) {
					continue
				}
				s.valid++
				if hit {
					s.found++
				} else {
					t.Logf("not found: %s %q", id, span.Value)
				}
			}
			for i := range matched {
				if !matched[i] {
					s.wrong++
					t.Logf("found: %s %q", id, sentence.Text[r.Matches[i].Start:r.Matches[i].End])
				}
			}
			scores[id] = s
		}
	}
	return scores
}

// negative is text without anything to find, and what was found in it.
type negative struct {
	name  string
	size  int
	found []model.Finding
}

// perMB counts the findings of at least a confidence.
func (n *negative) perMB(confidence int) float64 {
	total := 0
	for _, c := range n.byType(confidence) {
		total += c
	}
	return float64(total) / float64(n.size) * 1e6
}

func (n *negative) byType(confidence int) map[string]int {
	out := map[string]int{}
	for _, f := range n.found {
		if f.Confidence >= confidence {
			out[f.Type] = max(out[f.Type], f.Count)
		}
	}
	return out
}

// notNegative are types whose matches in sources and documentation are mostly what they say: addresses of authors and
// machines, and examples of keys.
var notNegative = []string{"e-mail-address", "ip-address", "ip-address-v4", "ip-address-v6"}

// goRoot is the folder of the Go tree's source.
func goRoot(t testing.TB) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(root)), "src")
}

func falsePositives(t *testing.T, e *dlp.Engine, size int) []negative {
	var ids []string
	for _, one := range All() {
		if !slices.Contains(notNegative, one.ID) {
			ids = append(ids, one.ID)
		}
	}
	source, err := corpus.Files(goRoot(t), size)
	if err != nil {
		t.Fatal(err)
	}
	texts := []negative{{name: "source (the Go tree)"}, {name: "logs (generated)"}, {name: "prose (generated)"}, {name: "documentation (/usr/share)"}}
	for i, text := range [][]byte{source, corpus.Logs(100, size), corpus.Prose(101, size/2), documentation(size / 2)} {
		r, err := e.Scan(t.Context(), bytes.NewReader(text), dlp.Options{Types: ids, Matches: 20})
		if err != nil {
			t.Fatal(err)
		}
		texts[i].size, texts[i].found = len(text), r.Findings
		if *accuracyPage == "" || !testing.Verbose() {
			continue
		}
		for _, m := range r.Matches {
			t.Logf("%s: %s %d %q", texts[i].name, m.Type, m.Confidence, bytes.ToValidUTF8(text[max(0, m.Start-30):min(int64(len(text)), m.End+20)], nil))
		}
	}
	return texts
}

// documentation is the plain text that packages bring along, as much as there is up to n bytes.
func documentation(n int) []byte {
	var out []byte
	for _, pattern := range []string{"/usr/share/common-licenses/*", "/usr/share/doc/*/copyright", "/usr/share/doc/*/README*", "/usr/share/perl/*/pod/*.pod", "/usr/share/doc/*/*.txt", "/usr/share/doc/*/*.html"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			if text, err := os.ReadFile(f); err == nil && len(out) < n && !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
				out = append(out, text...)
			}
		}
	}
	return out[:min(n, len(out))]
}

func accuracy(vectors, sentences map[string]score, negatives []negative) string {
	var b strings.Builder
	b.WriteString(accuracyHead)
	b.WriteString("\n## Numbers that others labelled\n\nEach number stands after one keyword of its type. Found invalid ones are numbers that the label calls wrong.\n\n| Type | Valid | Found | Invalid | Found |\n|---|---|---|---|---|\n")
	table(&b, vectors, true)
	b.WriteString("\n## Sentences that others labelled\n\nFound is a match that overlaps the label, wrong one that overlaps none of its kind.\n\n| Type | Labelled | Found | Wrong |\n|---|---|---|---|\n")
	table(&b, sentences, false)
	b.WriteString("\n## False positives\n\nFindings a megabyte in text that holds nobody's data, all types together but " + "`" + strings.Join(notNegative, "`, `") + "`" + " (which are found there rightly).\n\n| Text | MB | 65 or more | 75 or more | 85 |\n|---|---|---|---|---|\n")
	worst := map[string]int{}
	for _, n := range negatives {
		fmt.Fprintf(&b, "| %s | %.1f | %.2f | %.2f | %.2f |\n", n.name, float64(n.size)/1e6, n.perMB(dlp.Low), n.perMB(dlp.Medium), n.perMB(dlp.High))
		for id, count := range n.byType(dlp.Low) {
			worst[id] += count
		}
	}
	b.WriteString("\nThe types with most of them:\n\n| Type | 65 or more | 75 or more | 85 |\n|---|---|---|---|\n")
	ids := slices.SortedFunc(maps.Keys(worst), func(a, b string) int { return cmp.Or(worst[b]-worst[a], strings.Compare(a, b)) })
	for _, id := range ids[:min(20, len(ids))] {
		counts := [3]int{}
		for _, n := range negatives {
			for i, c := range []int{dlp.Low, dlp.Medium, dlp.High} {
				counts[i] += n.byType(c)[id]
			}
		}
		fmt.Fprintf(&b, "| `%s` | %d | %d | %d |\n", id, counts[0], counts[1], counts[2])
	}
	return b.String()
}

const accuracyHead = `# How accurate information types are

Generated by ` + "`make docs`" + ` where the labelled data is at hand; don't edit it here. The data is not part of the project: 812 number vectors (koblas/stdnum-js, MIT) and 1,500 sentences (microsoft/presidio-research, MIT).
`

func table(b *strings.Builder, scores map[string]score, invalid bool) {
	var all score
	for _, id := range slices.Sorted(maps.Keys(scores)) {
		s := scores[id]
		all.valid, all.found, all.invalid, all.wrong = all.valid+s.valid, all.found+s.found, all.invalid+s.invalid, all.wrong+s.wrong
		if invalid {
			fmt.Fprintf(b, "| `%s` | %d | %d | %d | %d |\n", id, s.valid, s.found, s.invalid, s.wrong)
		} else {
			fmt.Fprintf(b, "| `%s` | %d | %d | %d |\n", id, s.valid, s.found, s.wrong)
		}
	}
	if invalid {
		fmt.Fprintf(b, "| all | %d | %d (%.1f %%) | %d | %d (%.1f %%) |\n", all.valid, all.found, 100*float64(all.found)/float64(max(1, all.valid)), all.invalid, all.wrong, 100*float64(all.wrong)/float64(max(1, all.invalid)))
	} else {
		fmt.Fprintf(b, "| all | %d | %d (%.1f %%) | %d |\n", all.valid, all.found, 100*float64(all.found)/float64(max(1, all.valid)), all.wrong)
	}
}
