// Package corpus makes text to measure content inspection with: prose, source, logs, tables of people, and texts that
// are as hard as can be. It owns generators with a seed, so that two runs see the same bytes; what is read from this
// machine's folders (sources, documentation) is the same for the same machine.
//
// It holds nobody's data: names are numbered words, numbers are drawn. Used by benchmarks and tests of dlp only. Begin
// with [Mixed].
package corpus

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// chunk is the size of the pieces that Mixed takes in turns from its sources.
const chunk = 50_000

// Mixed is n bytes as a company's files are: 54 % from the folder of sources, 6 % prose, 24 % tables of people, 16 % logs.
func Mixed(dir string, n int) ([]byte, error) {
	source, err := Files(dir, n*54/100)
	if err != nil {
		return nil, err
	}
	parts := [][]byte{source, Prose(1, n*6/100), People(2, n*24/100), Logs(3, n-n*54/100-n*6/100-n*24/100)}
	out := make([]byte, 0, n)
	for len(out) < n {
		for i, p := range parts {
			// each part is used up at the same time
			k := min(len(p), max(1, chunk*[]int{54, 6, 24, 16}[i]/25))
			out, parts[i] = append(out, p[:k]...), p[k:]
		}
	}
	return out, nil
}

// Files reads text files below dir, in the order of their names, until there are n bytes; fewer files are read again.
func Files(dir string, n int) ([]byte, error) {
	var out bytes.Buffer
	for before := -1; out.Len() < n && out.Len() > before; {
		before = out.Len()
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || out.Len() >= n || !d.Type().IsRegular() || !slices.Contains([]string{".go", ".md", ".html", ".txt", ".s", ".js", ".c", ".py"}, filepath.Ext(path)) {
				return err
			}
			text, err := os.ReadFile(path)
			out.Write(text)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if out.Len() < n {
		return nil, fmt.Errorf("%s holds no text", dir)
	}
	return out.Bytes()[:n], nil
}

// words are common ones of a few languages.
var words = strings.Fields(`the of and to in a is that for it was on are as with his they at be this have from or one had by word but not
	what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her
	would make like him into time has look two more write go see number no way could people my than first water been call who oil its now find
	long down day did get come made may part customer invoice contract delivery agreement quarterly report department meeting insurance account
	der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei
	le de un être et à il avoir ne je son que se qui ce dans en du elle au pour pas cette sur faire plus dire on mon lui nous comme mais avec
	Überweisung Rechnung Geschäftsführer Angebot société données facture paiement cliente factura número dirección пользователь договор оплата`)

// Prose is n bytes of sentences and paragraphs that mean nothing.
func Prose(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 10))
	var out bytes.Buffer
	for out.Len() < n {
		for s := range 3 + rng.IntN(5) {
			for w := range 5 + rng.IntN(15) {
				word := words[rng.IntN(len(words))]
				switch {
				case w == 0:
					word = strings.ToUpper(word[:1]) + word[1:]
				case rng.IntN(60) == 0:
					word = fmt.Sprint(rng.IntN(3000))
				}
				if w > 0 {
					out.WriteByte(' ')
				}
				out.WriteString(word)
			}
			out.WriteString([]string{". ", "; ", "? ", ".\n"}[min(3, s)])
		}
		out.WriteString("\n\n")
	}
	return out.Bytes()[:n]
}

// People is n bytes of a table with personal numbers in most of its columns, most of them with wrong check digits.
func People(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 11))
	var out bytes.Buffer
	out.WriteString("id,name,email,ssn,account,phone,address,born,card,iban,note\n")
	for out.Len() < n {
		fmt.Fprintf(&out, "%d,Person%d Example,person%d@example.com,%03d-%02d-%04d,%d,+45 %08d,10.%d.%d.%d,%04d-%02d-%02d,%016d,DE%020d,%s\n",
			rng.IntN(1e6), rng.IntN(1e4), rng.IntN(1e5), rng.IntN(900), rng.IntN(100), rng.IntN(1e4), 100_000_000+rng.IntN(9e8), rng.IntN(1e8), rng.IntN(256), rng.IntN(256), rng.IntN(256),
			1930+rng.IntN(80), 1+rng.IntN(12), 1+rng.IntN(28), 4e15+rng.Int64N(1e15), rng.Uint64N(1e18), words[rng.IntN(len(words))])
	}
	return out.Bytes()[:n]
}

// Logs is n bytes of a service's log as JSON lines, with times, addresses, ids and durations.
func Logs(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 12))
	var out bytes.Buffer
	for at := int64(1_700_000_000_000); out.Len() < n; at += rng.Int64N(2000) {
		fmt.Fprintf(&out, `{"time":%d.%03d,"level":"%s","request":"%08x-%04x-4%03x-a%03x-%012x","client":"10.%d.%d.%d","method":"%s","path":"/api/v1/%s/%d","status":%d,"bytes":%d,"took_ms":%d.%d,"message":"%s %s %s"}`+"\n",
			at/1000, at%1000, []string{"info", "warn", "error", "debug"}[rng.IntN(4)], rng.Uint32(), rng.IntN(1<<16), rng.IntN(1<<12), rng.IntN(1<<12), rng.Uint64N(1<<48), rng.IntN(256), rng.IntN(256), rng.IntN(256),
			[]string{"GET", "POST", "PUT"}[rng.IntN(3)], words[rng.IntN(len(words))], rng.IntN(1e6), []int{200, 204, 302, 404, 500}[rng.IntN(5)], rng.IntN(1e6), rng.IntN(1000), rng.IntN(1000),
			words[rng.IntN(len(words))], words[rng.IntN(len(words))], words[rng.IntN(len(words))])
	}
	return out.Bytes()[:n]
}
