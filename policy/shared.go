package policy

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Policies of one tenant repeat each other: most ask for an unmanaged device, many for the same kinds of file.
// A condition that several policies ask for is therefore evaluated once a decision. What a policy asks for alone
// stays in one program.

// condition is one of the filters that must all hold for a policy.
type condition struct {
	id   uint32 // the same for equal conditions of a book; 0 when only one policy asks for it
	prog *filter.Program[Input]
}

// conditions are those of one policy: the shared ones first, since they may be answered already.
type conditions []condition

func (cs conditions) eval(in *Input) filter.Tri {
	out := filter.True
	for i := range cs {
		c := &cs[i]
		r, ok := in.memo.get(c.id)
		if !ok {
			r = c.prog.Eval(in, in.Now)
			in.memo.put(c.id, r)
		}
		if r == filter.False {
			return r
		}
		out = out.And(r)
	}
	return out
}

// part is one conjunct of a policy's filters while the book is made.
type part struct {
	tree   *filter.Node
	schema *filter.Schema[Input]
	key    string
}

func parts(tree *filter.Node, schema *filter.Schema[Input], p *Policy) []part {
	kids := []*filter.Node{tree}
	if tree == nil || tree.Shape == filter.ShapeAll {
		kids = nil
		if tree != nil {
			kids = tree.Kids
		}
	}
	out := make([]part, len(kids))
	for i, k := range kids {
		out[i] = part{k, schema, schema.Entity() + k.String()}
		for _, c := range conds(k) {
			if f := schema.Field(c.Field); f != nil && ofDevice(f.Name) {
				out[i].key += "|" + string(p.DeviceUnknown) // a device without answer is another one to each
				break
			}
		}
	}
	return out
}

// ofDevice reports whether a field's facts depend on what a device without answer counts as.
func ofDevice(field string) bool {
	return field == fieldDeviceTags || needOf[field] == model.NeedDeviceProof
}

// share finds the conditions that policies have in common. The trees have been compiled once, so that doing it
// again in parts can't fail.
func (b *Book) share() {
	all := make([][]part, len(b.policies))
	times := map[string]int{}
	for i, p := range b.policies {
		all[i] = append(parts(p.tree, activitySchema, p), parts(p.fileTree, fileSchema, p)...)
		for _, k := range all[i] {
			times[k.key]++
		}
	}
	known := map[string]condition{}
	for i, p := range b.policies {
		alone := map[*filter.Schema[Input]][]*filter.Node{}
		for _, k := range all[i] {
			if times[k.key] == 1 {
				alone[k.schema] = append(alone[k.schema], k.tree)
				continue
			}
			c, ok := known[k.key]
			if !ok {
				c = condition{uint32(len(known) + 1), recompile(k.schema, k.tree)}
				known[k.key] = c
			}
			p.conditions = append(p.conditions, c)
		}
		for _, schema := range []*filter.Schema[Input]{activitySchema, fileSchema} {
			if rest := alone[schema]; len(rest) > 0 {
				p.conditions = append(p.conditions, condition{0, recompile(schema, filter.AllOf(rest...))})
			}
		}
	}
}

func recompile(schema *filter.Schema[Input], tree *filter.Node) *filter.Program[Input] {
	prog, err := schema.Compile(tree)
	if err != nil {
		panic(err) // the whole compiled, so its parts do
	}
	return prog
}

// memo remembers the outcomes of shared conditions within one decision. Each entry holds the decision's number,
// the condition's id and the outcome; conditions that meet in one place forget each other.
type memo struct {
	decision uint32
	entries  [64]uint64
}

func (m *memo) begin() { m.decision++ }

func (m *memo) get(id uint32) (filter.Tri, bool) {
	if id == 0 {
		return 0, false
	}
	e := m.entries[id%uint32(len(m.entries))]
	return filter.Tri(e & 3), e>>2 == uint64(m.decision)<<30|uint64(id)
}

func (m *memo) put(id uint32, r filter.Tri) {
	if id != 0 {
		m.entries[id%uint32(len(m.entries))] = (uint64(m.decision)<<30|uint64(id))<<2 | uint64(r)
	}
}
