package inspect_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/inspect"
	"github.com/referee-casb/referee/model"
)

// words is text of n bytes that packs as prose does.
func words(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < n {
		for range 2 + r.IntN(8) {
			b.WriteByte(byte('a' + r.IntN(26)))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// BenchmarkDocument is what looking into a document adds to its way: all of it is text. The sizes are those of the files.
func BenchmarkDocument(b *testing.B) {
	i := inspector(b, nil)
	types, _, _ := inspect.BuiltIn{}.Types(b.Context(), "contoso")
	var all []string
	for _, t := range types {
		all = append(all, t.ID)
	}
	for _, size := range []int{1 << 20, 30 << 20} {
		content := docx(b, words(size*100/63), false) // packs to about this size
		f, err := os.CreateTemp(b.TempDir(), "")
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(content); err != nil {
			b.Fatal(err)
		}
		for name, need := range map[string]model.Need{
			"labels": {Kind: model.NeedLabel}, "card-numbers": cards(1), "all-types": {Kind: model.NeedContent, Names: all},
		} {
			b.Run(fmt.Sprintf("%.0fMB/%s", float64(len(content))/1e6, name), func(b *testing.B) {
				b.SetBytes(int64(len(content)))
				for n := 0; b.Loop(); n++ {
					// Another sum each time, so that nothing is remembered.
					got, err := i.Inspect(b.Context(), gateway.Job{Tenant: "contoso", Content: f, Size: int64(len(content)), Sum: fmt.Sprint(size, n), Needs: []model.Need{need}})
					if err != nil || need.Kind == model.NeedContent && got.ContentState != filter.Known {
						b.Fatal(got, err)
					}
				}
			})
		}
	}
}

// BenchmarkText is how fast plain text is looked through, which is done while it arrives.
func BenchmarkText(b *testing.B) {
	i := inspector(b, nil)
	text := words(64 << 20)
	b.SetBytes(int64(len(text)))
	for n := 0; b.Loop(); n++ {
		j := job(text, cards(1))
		j.Sum = fmt.Sprint(n)
		if got, err := i.Inspect(b.Context(), j); err != nil || got.ContentState != filter.Known {
			b.Fatal(got, err)
		}
	}
}
