package filesapp

import (
	"encoding/binary"
	"io"

	"github.com/referee-casb/referee/fault"
)

// Synthetic returns size bytes that depend on their position only: the same everywhere and always, not
// compressible, readable from any offset without the bytes before. For load tests; it is not random in any
// stronger sense.
func Synthetic(size int64) io.ReadSeeker { return &synthetic{size: size} }

type synthetic struct{ size, at int64 }

// Read fills p. Eight bytes at a time come from a mixing function of their index (the finisher of
// SplitMix64).
func (s *synthetic) Read(p []byte) (int, error) {
	if s.at >= s.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), s.size-s.at)]
	n := 0
	for n < len(p) {
		word := mix(uint64(s.at / 8)) //nolint:gosec // offsets are not negative
		if skip := s.at % 8; skip != 0 || len(p)-n < 8 {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], word)
			c := copy(p[n:], b[skip:])
			n, s.at = n+c, s.at+int64(c)
			continue
		}
		binary.LittleEndian.PutUint64(p[n:], word)
		n, s.at = n+8, s.at+8
	}
	return n, nil
}

// Seek is io.Seeker's.
func (s *synthetic) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, fault.New(fault.Invalid, "filesapp.Seek", "before the beginning")
	}
	s.at = offset
	return offset, nil
}

func mix(x uint64) uint64 {
	x = (x + 1) * 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
