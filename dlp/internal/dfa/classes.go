package dfa

// partition gives bytes that no instruction can tell apart one class, which keeps rows of the table short.
func (p *Program) partition() {
	sets := p.sets
	var word, line byteSet
	for b := range 256 {
		if isWord(byte(b)) {
			word.add(byte(b), byte(b))
		}
	}
	line.add('\n', '\n')
	if p.context || p.kind == Word {
		sets = append(sets[:len(sets):len(sets)], word, line)
	}
	seen := map[string]uint8{}
	row := make([]byte, (len(sets)+7)/8)
	for b := range 256 {
		clear(row)
		for i := range sets {
			if sets[i].has(byte(b)) {
				row[i/8] |= 1 << (i % 8)
			}
		}
		c, ok := seen[string(row)]
		if !ok {
			c = uint8(len(seen))
			seen[string(row)] = c
		}
		p.classes[b] = c
	}
	p.nclass = len(seen)
}

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b == '_'
}
